/**
 * Which packets of a stream have been: each index may be used once (RFC 3711 §3.3.2). Of a sender too, where a second packet
 * under one index would be encrypted by the same keystream.
 */
const WINDOW = 128;
const WORDS = WINDOW / 32;

export class ReplayWindow {
  /** -1: none yet. */
  highest = -1;
  readonly #seen = new Int32Array(WORDS);

  /** Not used yet, and not too old to tell. */
  isFresh(index: number): boolean {
    if (index > this.highest) return true;
    if (index < 0 || this.highest - index >= WINDOW) return false;
    return (this.#seen[(index % WINDOW) >> 5]! & (1 << (index & 31))) === 0;
  }

  /** Only after `isFresh` and after the packet has proved itself. */
  use(index: number): void {
    if (index > this.highest) {
      const from = Math.max(this.highest + 1, index - WINDOW + 1);
      for (let i = from; i < index; i++) this.#seen[(i % WINDOW) >> 5]! &= ~(1 << (i & 31));
      this.highest = index;
    }
    this.#seen[(index % WINDOW) >> 5]! |= 1 << (index & 31);
  }

  /** Goes on in another thread: all below `highest` counts as used. */
  continueFrom(highest: number): void {
    this.highest = highest;
    this.#seen.fill(-1);
  }
}
