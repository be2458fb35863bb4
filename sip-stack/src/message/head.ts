/**
 * The part of a message before its body: start line and headers, bounded and in one pass. Faults do not stop the
 * reading, so that a request with one can still be answered.
 */
import { isToken, trimBlanks } from "./chars.ts";
import { isAddressList, longName, splitList } from "./header-names.ts";
import type { Header } from "./message.ts";
import { type Fault, parseStartLine, type StartLine } from "./start-line.ts";

/** Longest and most of each, so that hostile text costs a bounded time and memory. */
export const LIMITS = {
  /** Start line and headers, bytes. */
  headBytes: 65_536,
  bodyBytes: 262_144,
  /** Header fields of one message, list elements counted singly. */
  headers: 256,
  /** One header field with its continuation lines, characters. */
  lineChars: 8_192,
} as const;

export interface Head {
  readonly start: StartLine;
  readonly headers: readonly Header[];
  /** undefined when the header is not there. */
  readonly contentLength: number | undefined;
  /** The first thing wrong with a header. */
  readonly fault: Fault | undefined;
  /** Wrong in a way that leaves the end of the message unknown: Content-Length twice, not a number, too large. */
  readonly framingFault: Fault | undefined;
}

/** `bytes` from the first byte of the start line up to, without, the empty line; CRLF between lines. */
export function parseHead(bytes: Uint8Array): Head {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8");
  const reader: Reader = { headers: [], contentLength: undefined, fault: undefined, framingFault: undefined };
  let at = lineEnd(text, 0);
  const start = parseStartLine(text.slice(0, at));
  if (at > LIMITS.lineChars) note(reader, 414, "Request-Line too long");
  while (at < text.length) {
    const lineStart = at + 2;
    at = lineEnd(text, lineStart);
    let line = text.slice(lineStart, at);
    // §7.3.1: a line that starts with a blank continues the one above.
    if (continues(text, at)) {
      const pieces = [trimBlanks(line)];
      do {
        const pieceStart = at + 2;
        at = lineEnd(text, pieceStart);
        pieces.push(trimBlanks(text.slice(pieceStart, at)));
      } while (continues(text, at));
      line = pieces.join(" ");
    }
    if (reader.headers.length >= LIMITS.headers) {
      note(reader, 400, `more than ${LIMITS.headers} header fields`);
      break;
    }
    readHeader(reader, line);
  }
  return { ...reader, start };
}

interface Reader {
  readonly headers: Header[];
  contentLength: number | undefined;
  fault: Fault | undefined;
  framingFault: Fault | undefined;
}

function note(reader: Reader, status: number, problem: string): void {
  reader.fault ??= { status, problem };
}

function lineEnd(text: string, from: number): number {
  const at = text.indexOf("\r\n", from);
  return at === -1 ? text.length : at;
}

function continues(text: string, crlfAt: number): boolean {
  const code = text.charCodeAt(crlfAt + 2);
  return code === 0x20 || code === 0x09;
}

function readHeader(reader: Reader, line: string): void {
  if (line.length > LIMITS.lineChars) return note(reader, 400, "header field too long");
  const colon = line.indexOf(":");
  // §7.3.1 allows blanks before the colon, nothing else: "X\x0b:" names no header.
  let nameEnd = colon;
  while (nameEnd > 0 && (line.charCodeAt(nameEnd - 1) === 0x20 || line.charCodeAt(nameEnd - 1) === 0x09)) nameEnd--;
  if (colon === -1 || !isToken(line, 0, nameEnd)) return note(reader, 400, "expected `Name: value` header lines");
  const name = longName(line.slice(0, nameEnd));
  const value = trimBlanks(line.slice(colon + 1));
  if (hasControl(value)) return note(reader, 400, `control character in ${name}`);
  const lowerName = name.toLowerCase();
  if (lowerName === "content-length") readLength(reader, value);
  if (!value.includes(",") || !isAddressList(lowerName)) {
    reader.headers.push({ name, value });
    return;
  }
  for (const part of splitList(value)) {
    if (reader.headers.length >= LIMITS.headers) return note(reader, 400, `more than ${LIMITS.headers} header fields`);
    reader.headers.push({ name, value: part });
  }
}

/** Control characters stand only behind a backslash in a quoted string (quoted-pair, never CR or LF), and tabs. */
function hasControl(value: string): boolean {
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (code >= 0x20 && code !== 0x7f) continue;
    if (code === 0x09) continue;
    if (code === 0x0d || code === 0x0a || i === 0 || value.charCodeAt(i - 1) !== 0x5c) return true;
  }
  return false;
}

function readLength(reader: Reader, value: string): void {
  if (reader.contentLength !== undefined || reader.framingFault !== undefined) {
    reader.framingFault ??= { status: 400, problem: "more than one Content-Length" };
    return;
  }
  let length = 0;
  for (let i = 0; i < value.length && length <= LIMITS.bodyBytes; i++) {
    const digit = value.charCodeAt(i) - 0x30;
    length = digit >= 0 && digit <= 9 ? length * 10 + digit : Number.NaN;
    if (Number.isNaN(length)) break;
  }
  if (value === "" || Number.isNaN(length)) {
    reader.framingFault = { status: 400, problem: "Content-Length is not a number" };
  } else if (length > LIMITS.bodyBytes) {
    reader.framingFault = { status: 513, problem: `Content-Length above ${LIMITS.bodyBytes}` };
  } else reader.contentLength = length;
}
