/**
 * Cuts a TCP or TLS byte stream into messages (RFC 3261 §18.3) and keep-alives (RFC 5626 §4.4.1). One of these per
 * connection. After `fatal` nothing more comes out: where the next message starts is unknown, the connection must close.
 */
import { type Head, LIMITS, parseHead } from "./head.ts";
import type { ParseResult } from "./message.ts";
import { assemble, refused } from "./parse.ts";

export type Framed =
  | { readonly type: "message"; readonly result: ParseResult }
  /** CRLF CRLF came: send PONG. */
  | { readonly type: "ping" }
  /** Answer `result.answerable` with `result.status` where there is one, then close. */
  | { readonly type: "fatal"; readonly result: ParseResult & { readonly ok: false } };

/** What answers a ping: one CRLF. */
export const PONG: Uint8Array = Buffer.from("\r\n");

const EMPTY_LINE = Buffer.from("\r\n\r\n");
const CR = 0x0d;
const LF = 0x0a;

export class StreamFramer {
  /** What came and was not taken: a view of `#store`. */
  #bytes: Buffer = Buffer.alloc(0);
  /** Grows by doubling. Taken regions are never written again: bodies handed out are views of them. */
  #store: Buffer = this.#bytes;
  #storeEnd = 0;
  /** Where the search for the empty line goes on, so that a trickled head is looked at once. */
  #searchFrom = 0;
  /** The head whose body is awaited, and where that body starts. */
  #head: { readonly head: Head; readonly bodyStart: number; readonly bodyBytes: number } | undefined;
  #dead = false;

  /** Bytes of an unfinished message; 0 between messages. The driver's head timeout looks at it. */
  get pendingBytes(): number {
    return this.#bytes[0] === CR || this.#bytes[0] === LF ? 0 : this.#bytes.length;
  }

  push(bytes: Uint8Array): Framed[] {
    const out: Framed[] = [];
    if (this.#dead) return out;
    this.#append(bytes);
    while (!this.#dead && this.#step(out));
    return out;
  }

  #append(bytes: Uint8Array): void {
    const pending = this.#bytes.length;
    if (this.#store.length - this.#storeEnd < bytes.length) {
      this.#store = Buffer.allocUnsafe(Math.max(4096, 2 * (pending + bytes.length)));
      this.#store.set(this.#bytes);
      this.#storeEnd = pending;
    }
    this.#store.set(bytes, this.#storeEnd);
    this.#storeEnd += bytes.length;
    this.#bytes = this.#store.subarray(this.#storeEnd - pending - bytes.length, this.#storeEnd);
  }

  /** Takes one thing off the front; false when more bytes are needed. */
  #step(out: Framed[]): boolean {
    if (this.#head === undefined) {
      if (this.#bytes.length === 0) return false;
      if (this.#bytes[0] === CR || this.#bytes[0] === LF) return this.#takeLineEnds(out);
      if (!this.#readHead(out)) return false;
    }
    return this.#takeMessage(out);
  }

  #takeLineEnds(out: Framed[]): boolean {
    if (this.#bytes.length >= 4 && this.#bytes.indexOf(EMPTY_LINE) === 0) {
      out.push({ type: "ping" });
      this.#drop(4);
      return true;
    }
    // Could still become CRLF CRLF; a single CRLF followed by text is the peer's pong or padding (§7.5).
    const isPingSoFar = EMPTY_LINE.indexOf(this.#bytes.subarray(0, Math.min(4, this.#bytes.length))) === 0;
    if (this.#bytes.length < 4 && isPingSoFar) return false;
    this.#drop(this.#bytes[1] === LF ? 2 : 1);
    return true;
  }

  /** Finds the end of the head; false when it has not come or the stream is dead. */
  #readHead(out: Framed[]): boolean {
    const first = this.#bytes[0]!;
    // A method or "SIP/": anything else (a TLS hello, binary) is not worth waiting for.
    if (first <= 0x20 || first >= 0x7f) return this.#die(out, parseHead(this.#bytes.subarray(0, 64)), "not SIP");
    const end = this.#bytes.indexOf(EMPTY_LINE, this.#searchFrom);
    if (end === -1 || end > LIMITS.headBytes) {
      this.#searchFrom = Math.max(0, this.#bytes.length - 3);
      if (this.#bytes.length <= LIMITS.headBytes) return false;
      return this.#die(out, parseHead(this.#bytes.subarray(0, LIMITS.headBytes)), "head too large");
    }
    const head = parseHead(this.#bytes.subarray(0, end));
    if (head.start.kind === "foreign") return this.#die(out, head, head.start.problem);
    if (head.framingFault !== undefined) return this.#die(out, head, head.framingFault.problem);
    if (head.contentLength === undefined) return this.#die(out, head, "Content-Length is mandatory on streams");
    this.#head = { head, bodyStart: end + EMPTY_LINE.length, bodyBytes: head.contentLength };
    return true;
  }

  #takeMessage(out: Framed[]): boolean {
    if (this.#head === undefined) return false;
    const { head, bodyStart, bodyBytes } = this.#head;
    const size = bodyStart + bodyBytes;
    if (this.#bytes.length < size) return false;
    out.push({ type: "message", result: assemble(head, this.#bytes.subarray(bodyStart, size), size) });
    this.#head = undefined;
    this.#drop(size);
    return true;
  }

  #drop(size: number): void {
    this.#bytes = this.#bytes.subarray(size);
    this.#searchFrom = 0;
  }

  #die(out: Framed[], head: Head, problem: string): false {
    this.#dead = true;
    this.#store = this.#bytes = Buffer.alloc(0);
    out.push({ type: "fatal", result: refused(head, head.framingFault?.status ?? 400, problem) });
    return false;
  }
}
