/**
 * SIP text to messages (RFC 3261 §7): a datagram here, a stream through `framer.ts`. Linear in time, bounded in
 * size, never throws. What is syntax of one header is left to that header's reader and to `validate.ts`.
 */
import { type Head, LIMITS, parseHead } from "./head.ts";
import { type Header, headerOf, type ParseResult, type SipRequest } from "./message.ts";
import { parseVia } from "./via.ts";

const EMPTY_LINE = Buffer.from("\r\n\r\n");

/**
 * `stream: false`: one datagram; octets after the body are ignored (§18.3), a missing Content-Length means all the rest.
 * `stream: true`: one whole message at the start of `bytes`; Content-Length is mandatory.
 */
export function parseMessage(bytes: Uint8Array, options: { stream: boolean }): ParseResult {
  const start = skipLineEnds(bytes);
  if (start === bytes.length) return dropped("nothing but line ends");
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const found = buffer.indexOf(EMPTY_LINE, start);
  const headEnd = found === -1 ? bytes.length : found;
  if (headEnd - start > LIMITS.headBytes) return dropped("head too large");
  const head = parseHead(bytes.subarray(start, headEnd));
  if (found === -1) return refused(head, 400, "headers do not end with an empty line");
  const bodyStart = headEnd + EMPTY_LINE.length;
  const size = bodySize(head, bytes.length - bodyStart, options.stream);
  return typeof size === "string"
    ? refused(head, 400, size)
    : assemble(head, bytes.subarray(bodyStart, bodyStart + size), bodyStart + size);
}

/** Leading CRLFs are ignored (§7.5). */
export function skipLineEnds(bytes: Uint8Array): number {
  let at = 0;
  while (at < bytes.length && (bytes[at] === 0x0d || bytes[at] === 0x0a)) at++;
  return at;
}

function bodySize(head: Head, available: number, stream: boolean): number | string {
  const { contentLength } = head;
  if (head.framingFault !== undefined) return 0;
  if (contentLength === undefined) return stream ? "Content-Length is mandatory on streams" : available;
  return contentLength <= available ? contentLength : `Content-Length ${contentLength}, body of ${available} bytes`;
}

/** The result for a head and its body; `size` is what both took of the input. */
export function assemble(head: Head, body: Uint8Array, size: number): ParseResult {
  const { start, headers } = head;
  if (start.kind === "foreign") return dropped(start.problem);
  const fault = (start.kind === "request" ? start.fault : undefined) ?? head.framingFault ?? head.fault;
  if (fault !== undefined) return refused(head, fault.status, fault.problem);
  if (start.kind === "response") {
    return { ok: true, size, message: { kind: "response", status: start.status, reason: start.reason, headers, body } };
  }
  const { method, requestUri } = start;
  return { ok: true, size, message: { kind: "request", method, requestUri, headers, body } };
}

function dropped(problem: string): ParseResult & { ok: false } {
  return { ok: false, problem, status: undefined, answerable: undefined };
}

/** A request that can be answered keeps its status; everything else is dropped. */
export function refused(head: Head, status: number, problem: string): ParseResult & { ok: false } {
  if (head.start.kind !== "request") return dropped(head.start.kind === "foreign" ? head.start.problem : problem);
  // An error of the start line (a version above all) comes first: nothing below it can be trusted.
  const fault = head.start.fault ?? { status, problem };
  const answerable = answerableOf(head.start, head.headers);
  return { ok: false, problem: fault.problem, status: answerable && fault.status, answerable };
}

const ANSWER_NEEDS = ["via", "from", "to", "call-id", "cseq"];
const NO_BODY = new Uint8Array(0);

function answerableOf(start: Head["start"] & { kind: "request" }, headers: readonly Header[]): SipRequest | undefined {
  // §8.2.6.2 copies these; without a readable Via there is no way back. An ACK is never answered.
  if (start.method === "ACK" || ANSWER_NEEDS.some((name) => headerOf({ headers }, name) === undefined))
    return undefined;
  if (parseVia(headerOf({ headers }, "via") ?? "") === undefined) return undefined;
  return { kind: "request", method: start.method, requestUri: start.requestUri, headers, body: NO_BODY };
}
