/** SIP text of a message (RFC 3261 §7). Content-Length is counted here, whatever the headers say. */
import type { SipMessage } from "./message.ts";

export function serialise(message: SipMessage): Uint8Array {
  let head =
    message.kind === "request"
      ? `${oneLine(message.method)} ${oneLine(message.requestUri)} SIP/2.0\r\n`
      : `SIP/2.0 ${message.status} ${oneLine(message.reason)}\r\n`;
  let counted = false;
  for (const { name, value } of message.headers) {
    if (name.length === 14 && name.toLowerCase() === "content-length") {
      if (!counted) head += `${name}: ${message.body.length}\r\n`;
      counted = true;
    } else head += `${oneLine(name)}: ${oneLine(value)}\r\n`;
  }
  head += counted ? "\r\n" : `Content-Length: ${message.body.length}\r\n\r\n`;
  if (message.body.length === 0) return Buffer.from(head, "utf8");
  const headBytes = Buffer.byteLength(head, "utf8");
  const bytes = Buffer.allocUnsafe(headBytes + message.body.length);
  bytes.write(head, 0, "utf8");
  bytes.set(message.body, headBytes);
  return bytes;
}

/** A line end inside a value would start a header of somebody else's choice: it becomes a space. */
function oneLine(text: string): string {
  if (!text.includes("\n") && !text.includes("\r")) return text;
  return text.replaceAll("\r", " ").replaceAll("\n", " ");
}
