/**
 * How much later than need be a sender that keeps time is heard: after a standstill all it has to say comes at once, and would
 * be late for ever. What is too much is told after each window, to be left out where nobody hears it.
 */
const WINDOW_MS = 2000;
/** What a sender that keeps time sends in a window; one that sends more is ahead, not late. */
const PACED_MS = { least: 0.8 * WINDOW_MS, most: 1.2 * WINDOW_MS };
/** More than the cushion by so much is too much, and what of it is kept, ms. */
const TOO_MUCH_MS = 40;
const KEPT_MS = 20;
/** Of 32768: below it a piece is a pause. */
const QUIET = 200;

export class Lead {
  #beganMs = 0;
  #receivedMs = 0;
  #leastMs = Number.POSITIVE_INFINITY;
  /** Still to be left out. */
  #excessMs = 0;

  begin(nowMs: number): void {
    this.#beganMs = nowMs;
    this.#receivedMs = 0;
    this.#leastMs = Number.POSITIVE_INFINITY;
    this.#excessMs = 0;
  }

  received(ms: number): void {
    this.#receivedMs += ms;
  }

  /** While it plays. */
  step(nowMs: number, queuedMs: number, cushionMs: number): void {
    this.#leastMs = Math.min(this.#leastMs, queuedMs);
    if (nowMs - this.#beganMs < WINDOW_MS) return;
    const isPaced = this.#receivedMs >= PACED_MS.least && this.#receivedMs <= PACED_MS.most;
    const isTooMuch = isPaced && this.#leastMs > cushionMs + TOO_MUCH_MS;
    const excessMs = isTooMuch ? this.#leastMs - cushionMs - KEPT_MS : 0;
    this.begin(nowMs);
    this.#excessMs = excessMs;
  }

  /** True for a piece that is to be left out. */
  leavesOut(pcm: Int16Array, count: number, ms: number): boolean {
    if (ms <= 0 || this.#excessMs < ms) return false;
    for (let i = 0; i < count; i++) if (Math.abs(pcm[i]!) > QUIET) return false;
    this.#excessMs -= ms;
    return true;
  }
}
