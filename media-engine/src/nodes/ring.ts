/**
 * Records from one writer thread to one reader thread through shared memory, without locks: the writer owns the tail,
 * the reader the head. What does not fit is dropped and counted, so that a slow disk never holds up a media loop.
 *
 *   header  Int32 words: head, tail (bytes since the beginning, wrapping at 2^32), dropped, end reason, end ms
 *   record  24 bytes, then the payload up to a multiple of 8:
 *             0  kind, side, codec (a byte each), one byte unused
 *             4  payload bytes, sequence number (16 bits each); of a `skip` all 32 bits are its whole length
 *             8  time, ms (Float64)
 *            16  RTP timestamp, SSRC (32 bits each)
 *   A record never wraps: where it would, a `skip` fills the rest.
 */
/** Seven seconds of both directions of a G.711 call. */
const RING_BYTES = 128 * 1024;

const HEADER_BYTES = 64;
const RECORD_BYTES = 24;
const HEAD = 0;
const TAIL = 1;
const DROPPED = 2;
const END_REASON = 3;
const END_MS = 4;
const LONGEST_PAYLOAD = 0xffff;

/** `begin`: the time from which all counts and, as timestamp, the rate, no payload; `packet`: a payload in a codec; `frame`: PCM, little-endian. */
export const RecordKind = { skip: 0, begin: 1, packet: 2, frame: 3 } as const;

/** What a record says besides its payload. */
export interface RecordHead {
  kind: number;
  side: number;
  codec: number;
  seq: number;
  atMs: number;
  rtpTimestamp: number;
  ssrc: number;
}

export type RecordVisitor = (head: Readonly<RecordHead>, bytes: Uint8Array, offset: number, size: number) => void;

export function makeRecordHead(): RecordHead {
  return { kind: 0, side: 0, codec: 0, seq: 0, atMs: 0, rtpTimestamp: 0, ssrc: 0 };
}

/** The shared memory of one ring; `bytes` a power of two. */
export function makeRing(bytes: number = RING_BYTES): SharedArrayBuffer {
  return new SharedArrayBuffer(HEADER_BYTES + bytes);
}

/** The four views of a ring. */
class RingMemory {
  readonly header: Int32Array;
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  readonly doubles: Float64Array;

  constructor(ring: SharedArrayBuffer) {
    this.header = new Int32Array(ring, 0, HEADER_BYTES / 4);
    this.bytes = new Uint8Array(ring, HEADER_BYTES);
    this.words = new Int32Array(ring, HEADER_BYTES);
    this.doubles = new Float64Array(ring, HEADER_BYTES);
  }
}

export class RingWriter {
  readonly #memory: RingMemory;

  constructor(ring: SharedArrayBuffer) {
    this.#memory = new RingMemory(ring);
  }

  get dropped(): number {
    return Atomics.load(this.#memory.header, DROPPED);
  }

  /** Appends a record with the payload `from[offset .. offset + size)`. False: there was no room. Never allocates, never throws. */
  write(head: Readonly<RecordHead>, from: Uint8Array, offset: number, size: number): boolean {
    const { words, doubles, bytes } = this.#memory;
    const total = RECORD_BYTES + aligned(size);
    const at = size > LONGEST_PAYLOAD ? -1 : this.#reserve(total);
    if (at < 0) {
      Atomics.add(this.#memory.header, DROPPED, 1);
      return false;
    }
    const word = at >> 2;
    words[word] = head.kind | (head.side << 8) | (head.codec << 16);
    words[word + 1] = size | (head.seq << 16);
    doubles[(at >> 3) + 1] = head.atMs;
    words[word + 4] = head.rtpTimestamp;
    words[word + 5] = head.ssrc;
    const to = at + RECORD_BYTES;
    for (let i = 0; i < size; i++) bytes[to + i] = from[offset + i]!;
    this.#publish(total);
    return true;
  }

  /** Nothing follows. Kept apart from the records, so that a full ring cannot lose it. */
  end(reason: number, ms: number): void {
    Atomics.store(this.#memory.header, END_MS, Math.round(ms));
    Atomics.store(this.#memory.header, END_REASON, reason);
  }

  /** Where `total` bytes can be written in one piece, or -1. */
  #reserve(total: number): number {
    const { header, bytes, words } = this.#memory;
    const tail = header[TAIL]!;
    const used = (tail - Atomics.load(header, HEAD)) >>> 0;
    const at = tail & (bytes.length - 1);
    const rest = bytes.length - at;
    const needed = total <= rest ? total : rest + total;
    if (used + needed > bytes.length) return -1;
    if (total <= rest) return at;
    words[at >> 2] = RecordKind.skip;
    words[(at >> 2) + 1] = rest;
    this.#publish(rest);
    return 0;
  }

  /** After this the reader may see what was written. */
  #publish(count: number): void {
    const { header } = this.#memory;
    Atomics.store(header, TAIL, (header[TAIL]! + count) | 0);
  }
}

export class RingReader {
  readonly #memory: RingMemory;
  readonly #head = makeRecordHead();

  constructor(ring: SharedArrayBuffer) {
    this.#memory = new RingMemory(ring);
  }

  /** 0 while the writer goes on. Ask before `read`: then nothing can come after what was read. */
  get endReason(): number {
    return Atomics.load(this.#memory.header, END_REASON);
  }

  get endMs(): number {
    return Atomics.load(this.#memory.header, END_MS);
  }

  /** Gives all records there are to `visit`; head and bytes are the ring's own, good only during the call. */
  read(visit: RecordVisitor): void {
    const { header, bytes, words, doubles } = this.#memory;
    const tail = Atomics.load(header, TAIL);
    let head = header[HEAD]!;
    while (head !== tail) {
      const at = head & (bytes.length - 1);
      const word = at >> 2;
      const first = words[word]!;
      const second = words[word + 1]!;
      if ((first & 0xff) === RecordKind.skip) {
        head = (head + second) | 0;
        continue;
      }
      const record = this.#head;
      const size = second & 0xffff;
      record.kind = first & 0xff;
      record.side = (first >> 8) & 0xff;
      record.codec = (first >> 16) & 0xff;
      record.seq = second >>> 16;
      record.atMs = doubles[(at >> 3) + 1]!;
      record.rtpTimestamp = words[word + 4]! >>> 0;
      record.ssrc = words[word + 5]! >>> 0;
      visit(record, bytes, at + RECORD_BYTES, size);
      head = (head + RECORD_BYTES + aligned(size)) | 0;
    }
    Atomics.store(header, HEAD, head);
  }
}

function aligned(size: number): number {
  return (size + 7) & ~7;
}
