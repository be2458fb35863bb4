/**
 * What a fork's peer says into the call, on its way to the media loop: PCM through shared memory, without locks. The fork's
 * thread owns the tail and the flush mark, the media loop the head and the rate. Positions count samples since the
 * beginning and wrap at 2^32.
 *
 *   header  Int32 words: head, tail, flush (everything before it is not to be played), rate of the port in Hz
 *   then    16-bit samples
 */
/** 340 ms at 48 kHz, a power of two. */
const RING_SAMPLES = 16_384;
const HEADER_BYTES = 64;
const HEAD = 0;
const TAIL = 1;
const FLUSH = 2;
const RATE = 3;
const TICKS_PER_SEC = 50;

export function makeTalkbackRing(): SharedArrayBuffer {
  return new SharedArrayBuffer(HEADER_BYTES + RING_SAMPLES * Int16Array.BYTES_PER_ELEMENT);
}

class TalkbackMemory {
  readonly header: Int32Array;
  readonly samples: Int16Array;

  constructor(ring: SharedArrayBuffer) {
    this.header = new Int32Array(ring, 0, HEADER_BYTES / 4);
    this.samples = new Int16Array(ring, HEADER_BYTES);
  }
}

/** The media loop's end. */
export class TalkbackReader {
  readonly #memory: TalkbackMemory;

  constructor(ring: SharedArrayBuffer) {
    this.#memory = new TalkbackMemory(ring);
  }

  /**
   * Once a tick: overwrites `out`, of one tick at the port's rate, and returns true while there is something to play; returns
   * false and leaves `out` alone otherwise. Never allocates, never throws.
   */
  fill(out: Int16Array): boolean {
    const { header, samples } = this.#memory;
    const rateHz = out.length * TICKS_PER_SEC;
    if (header[RATE] !== rateHz) Atomics.store(header, RATE, rateHz);
    let head = header[HEAD]!;
    const flush = Atomics.load(header, FLUSH);
    if (((flush - head) | 0) > 0) head = flush;
    const count = Math.min(out.length, (Atomics.load(header, TAIL) - head) | 0);
    for (let i = 0; i < count; i++) out[i] = samples[(head + i) & (RING_SAMPLES - 1)]!;
    Atomics.store(header, HEAD, (head + Math.max(0, count)) | 0);
    if (count <= 0) return false;
    if (count < out.length) out.fill(0, count);
    return true;
  }
}

/** The fork's end. */
export class TalkbackWriter {
  readonly #memory: TalkbackMemory;

  constructor(ring: SharedArrayBuffer) {
    this.#memory = new TalkbackMemory(ring);
  }

  /** Rate the port wants, Hz; 0 until it has asked for its first frame. */
  get rateHz(): number {
    return Atomics.load(this.#memory.header, RATE);
  }

  /** Where the next sample goes. */
  get position(): number {
    return this.#memory.header[TAIL]!;
  }

  /** Samples waiting to be played. */
  get queued(): number {
    const { header } = this.#memory;
    return Math.max(0, (header[TAIL]! - this.#played()) | 0);
  }

  /** Everything before `position` was played or flushed. */
  hasPlayed(position: number): boolean {
    return ((this.#played() - position) | 0) >= 0;
  }

  /** Appends the first `count` of `pcm`; what does not fit is left out. Returns samples written. */
  write(pcm: Int16Array, count: number): number {
    const { header, samples } = this.#memory;
    const tail = header[TAIL]!;
    const fits = Math.min(count, RING_SAMPLES - this.queued);
    for (let i = 0; i < fits; i++) samples[(tail + i) & (RING_SAMPLES - 1)] = pcm[i]!;
    Atomics.store(header, TAIL, (tail + fits) | 0);
    return fits;
  }

  /** What waits is not played: the port drops it with its next tick. */
  flush(): void {
    Atomics.store(this.#memory.header, FLUSH, this.position);
  }

  #played(): number {
    const { header } = this.#memory;
    const head = Atomics.load(header, HEAD);
    const flush = header[FLUSH]!;
    return ((flush - head) | 0) > 0 ? flush : head;
  }
}
