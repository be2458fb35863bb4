/** The session description a message carries. */
import { headerOf, type SipMessage } from "../message/message.ts";
import { partOf } from "./multipart.ts";

/** SDP of the body or of a part of it; undefined when there is none. No Content-Type counts as SDP, as in RFC 2543. */
export function sdpOf(message: SipMessage): string | undefined {
  if (message.body.length === 0) return undefined;
  const type = contentTypeOf(message);
  if (type === "" || type === "application/sdp") return textOf(message);
  if (!type.startsWith("multipart/")) return undefined;
  const part = partOf(headerOf(message, "content-type") ?? "", message.body, "application/sdp");
  return part === undefined ? undefined : Buffer.from(part).toString("utf8");
}

/** Lower-case media type without parameters; "" when there is none. */
export function contentTypeOf(message: SipMessage): string {
  return (headerOf(message, "content-type") ?? "").split(";", 1)[0]!.trim().toLowerCase();
}

export function textOf(message: SipMessage): string {
  const { body } = message;
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8");
}
