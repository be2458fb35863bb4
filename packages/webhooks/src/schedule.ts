import { type Random, randomUint32 } from "@voepy/base";

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** Waits after the first, second, … failure; the last one repeats. */
const RETRY_AFTER_MS = [
  2 * SECOND_MS,
  10 * SECOND_MS,
  MINUTE_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  5 * HOUR_MS,
  10 * HOUR_MS,
] as const;

/** Long enough for an endpoint that is down over a weekend. */
export const GIVE_UP_AFTER_MS = 72 * HOUR_MS;

/** Each wait is stretched or shortened by up to this share, so that what failed together does not return together. */
const JITTER = 0.1;

/**
 * Wall ms of the attempt after the `failures`-th failure of an event that is `ageMs` old; undefined when it is given up.
 */
export function nextAttemptAt(
  failed: { readonly failures: number; readonly ageMs: number; readonly wallMs: number },
  random: Random,
): number | undefined {
  if (failed.ageMs >= GIVE_UP_AFTER_MS) return undefined;
  const waitMs = RETRY_AFTER_MS[Math.min(failed.failures, RETRY_AFTER_MS.length) - 1] ?? RETRY_AFTER_MS[0];
  const spread = (randomUint32(random) / 0x1_0000_0000) * 2 - 1;
  return Math.round(failed.wallMs + waitMs * (1 + JITTER * spread));
}
