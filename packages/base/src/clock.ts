/**
 * Time and timers, handed in everywhere so that whole-server scenarios run on a virtual clock.
 * This file is the only one outside `io` folders that may read the machine's clock.
 */
export interface Timer {
  /** Idempotent; a fired timer ignores it. */
  cancel(): void;
}

export interface Clock {
  /** Monotonic milliseconds, fractional. Every timeout and duration is measured on it. */
  nowMs(): number;
  /** Wall time, milliseconds since the Unix epoch: only for what people and files are shown. */
  wallMs(): number;
  /** Calls `run` once, at or after monotonic `atMs`, never inside this call. */
  schedule(atMs: number, run: () => void): Timer;
}

/** setTimeout keeps 31 bits; a later deadline is reached in steps. */
const LONGEST_DELAY_MS = 2_147_000_000;

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  schedule(atMs, run) {
    let handle: NodeJS.Timeout;
    const arm = (): void => {
      const delayMs = Math.max(0, atMs - performance.now());
      handle = setTimeout(
        () => {
          // Node's timers may fire a little early against the monotonic clock.
          if (performance.now() < atMs) arm();
          else run();
        },
        Math.min(Math.ceil(delayMs), LONGEST_DELAY_MS),
      );
    };
    arm();
    return { cancel: () => clearTimeout(handle) };
  },
};

/** RFC 3339 UTC with milliseconds, as every time of the API is written. */
export function isoTime(wallMs: number): string {
  return new Date(wallMs).toISOString();
}
