/** A fork's counters in shared memory: the fork's thread writes, whoever asks reads. */
import type { ForkFigures } from "../types.ts";

const SENT = 0;
const DROPPED = 1;
const QUEUE_MS = 2;
const WORDS = 4;

export function makeFiguresMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(WORDS * Int32Array.BYTES_PER_ELEMENT);
}

export class FiguresWriter {
  readonly #words: Int32Array;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory);
  }

  countSent(): void {
    Atomics.add(this.#words, SENT, 1);
  }

  countDropped(): void {
    Atomics.add(this.#words, DROPPED, 1);
  }

  setQueueMs(ms: number): void {
    Atomics.store(this.#words, QUEUE_MS, ms);
  }
}

export function readFigures(memory: SharedArrayBuffer): ForkFigures {
  const words = new Int32Array(memory);
  return {
    framesSent: Atomics.load(words, SENT),
    framesDropped: Atomics.load(words, DROPPED),
    queueMs: Atomics.load(words, QUEUE_MS),
  };
}
