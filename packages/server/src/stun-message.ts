/** STUN as a client needs it to learn its own outside address: Binding request and response (RFC 8489 §5, §14). Pure. */

const BINDING_REQUEST = 0x0001;
const BINDING_SUCCESS = 0x0101;
const BINDING_ERROR = 0x0111;
const MAGIC_COOKIE = 0x2112a442;
const HEADER_BYTES = 20;
export const TRANSACTION_ID_BYTES = 12;

const MAPPED_ADDRESS = 0x0001;
const ERROR_CODE = 0x0009;
const XOR_MAPPED_ADDRESS = 0x0020;

/** §14.1 */
const IPV4 = 1;
const IPV6 = 2;

export type StunAnswer =
  | { readonly type: "mapped"; readonly address: string; readonly port: number }
  | { readonly type: "refused"; readonly code: number }
  /** Not an answer to that request, or not one that can be read. */
  | { readonly type: "other" };

/** `transactionId`: 12 random bytes. */
export function bindingRequest(transactionId: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, BINDING_REQUEST);
  view.setUint32(4, MAGIC_COOKIE);
  bytes.set(transactionId, 8);
  return bytes;
}

/** Never throws, whatever came. */
export function readBindingAnswer(bytes: Uint8Array, transactionId: Uint8Array): StunAnswer {
  if (bytes.length < HEADER_BYTES) return { type: "other" };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const length = view.getUint16(2);
  const isOurs = transactionId.every((byte, index) => bytes[8 + index] === byte);
  // §6.3: what does not match is silently dropped.
  if (view.getUint32(4) !== MAGIC_COOKIE || length !== bytes.length - HEADER_BYTES || !isOurs) return { type: "other" };
  const attributes = readAttributes(view);
  const type = view.getUint16(0);
  if (type === BINDING_ERROR) {
    const error = attributes.get(ERROR_CODE);
    const code = error === undefined || error.byteLength < 4 ? 0 : (error.getUint8(2) & 7) * 100 + error.getUint8(3);
    return { type: "refused", code };
  }
  if (type !== BINDING_SUCCESS) return { type: "other" };
  const xored = attributes.get(XOR_MAPPED_ADDRESS);
  const plain = attributes.get(MAPPED_ADDRESS);
  // §14.2: NATs that rewrite addresses in packets leave the XORed one alone.
  const mapped = (xored && readAddress(xored, view)) ?? (plain && readAddress(plain, undefined));
  return mapped ?? { type: "other" };
}

/** The first of each type (§14). */
function readAttributes(view: DataView): Map<number, DataView> {
  const attributes = new Map<number, DataView>();
  for (let at = HEADER_BYTES; at + 4 <= view.byteLength; ) {
    const type = view.getUint16(at);
    const length = view.getUint16(at + 2);
    const start = at + 4;
    if (start + length > view.byteLength) break;
    if (!attributes.has(type)) attributes.set(type, new DataView(view.buffer, view.byteOffset + start, length));
    at = start + Math.ceil(length / 4) * 4;
  }
  return attributes;
}

/** `header` is there for XORed values: its cookie and transaction id are the key (§14.2). */
function readAddress(value: DataView, header: DataView | undefined): StunAnswer | undefined {
  if (value.byteLength < 4) return undefined;
  const family = value.getUint8(1);
  const size = family === IPV4 ? 4 : family === IPV6 ? 16 : 0;
  if (size === 0 || value.byteLength !== 4 + size) return undefined;
  const key = (index: number): number => header?.getUint8(4 + index) ?? 0;
  const port = value.getUint16(2) ^ (header?.getUint16(4) ?? 0);
  const bytes = Array.from({ length: size }, (_, index) => value.getUint8(4 + index) ^ key(index));
  return { type: "mapped", port, address: size === 4 ? bytes.join(".") : ipv6Text(bytes) };
}

function ipv6Text(bytes: readonly number[]): string {
  const groups = Array.from({ length: 8 }, (_, index) =>
    (((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0)).toString(16),
  );
  return new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1);
}
