/** The session description a message carries. */
import { headerOf, type SipMessage } from "../message/message.ts";

/** Text of the body when it is SDP (no Content-Type counts as SDP, as in RFC 2543), undefined otherwise. */
export function sdpOf(message: SipMessage): string | undefined {
  if (message.body.length === 0) return undefined;
  const type = contentTypeOf(message);
  return type === "" || type === "application/sdp" ? textOf(message) : undefined;
}

/** Lower-case media type without parameters; "" when there is none. */
export function contentTypeOf(message: SipMessage): string {
  return (headerOf(message, "content-type") ?? "").split(";", 1)[0]!.trim().toLowerCase();
}

export function textOf(message: SipMessage): string {
  const { body } = message;
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8");
}
