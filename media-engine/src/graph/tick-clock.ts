/**
 * The schedule of a media loop: a tick is 20 ms, and each of its 20 milliseconds is a slot with ports of its own, so that
 * work is spread evenly. Deadlines are absolute, counted from the start: a late wake-up does not shift what follows. A loop
 * that fell far behind catches up a little and skips the rest, which is counted.
 */
export const TICK_MS = 20;
export const SLOTS = 20;

/** Longest delay that is made up for, ms: 5 ticks. */
const CATCH_UP_MS = 5 * TICK_MS;

export class TickClock {
  /** Ticks skipped because the loop was late. */
  debtTicks = 0;
  readonly #startMs: number;
  /** Milliseconds since the start; the slot that is run next. */
  #next = 0;

  constructor(startMs: number) {
    this.#startMs = startMs;
  }

  /** Runs all slots that are due at `nowMs`, in order; `turn` counts milliseconds since the start. */
  run(nowMs: number, runSlot: (slot: number, turn: number) => void): void {
    const due = Math.floor(nowMs - this.#startMs);
    const behind = due - this.#next;
    if (behind > CATCH_UP_MS) {
      const skipped = Math.ceil((behind - CATCH_UP_MS) / TICK_MS);
      this.debtTicks += skipped;
      this.#next += skipped * TICK_MS;
    }
    while (this.#next <= due) {
      runSlot(this.#next % SLOTS, this.#next);
      this.#next++;
    }
  }

  /** Nothing was to be done until `nowMs`: that time is no debt. */
  skipTo(nowMs: number): void {
    this.#next = Math.max(this.#next, Math.floor(nowMs - this.#startMs));
  }

  /** When the next slot with work is due, monotonic ms; Infinity when no slot has any. */
  nextMs(hasWork: (slot: number) => boolean): number {
    for (let ahead = 0; ahead < SLOTS; ahead++)
      if (hasWork((this.#next + ahead) % SLOTS)) return this.#startMs + this.#next + ahead;
    return Number.POSITIVE_INFINITY;
  }
}
