/** A clock that stands still until a test moves it. */
import type { Clock } from "@voepy/base";

export const START_MS = Date.parse("2026-05-12T14:32:18.000Z");

export interface TestClock extends Clock {
  advance(ms: number): void;
}

export function makeTestClock(): TestClock {
  let nowMs = 0;
  return {
    nowMs: () => nowMs,
    wallMs: () => START_MS + nowMs,
    schedule: () => ({ cancel: () => undefined }),
    advance(ms) {
      nowMs += ms;
    },
  };
}
