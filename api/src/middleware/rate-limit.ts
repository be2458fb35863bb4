/** A token bucket for each API key, so that one program gone wild does not starve the others. */
import { type Clock, CodedError } from "@voepy/base";
import type { Context } from "hono";
import type { ApiEnv } from "../route.ts";

export interface RateLimit {
  /** Requests a second a key may make for ever. */
  readonly requestsPerSec: number;
  /** Requests it may make at once after a pause. */
  readonly burst: number;
}

interface Bucket {
  tokens: number;
  filledAtMs: number;
}

/**
 * Takes one token of the key and tells the client where it stands (draft-ietf-httpapi-ratelimit-headers-06: the limit,
 * what is left, seconds until it is full again). Throws `rate_limited`. Only authenticated keys come here, so there are
 * as many buckets as keys.
 */
export function rateLimiter({ requestsPerSec, burst }: RateLimit, clock: Clock) {
  const buckets = new Map<string, Bucket>();
  return (c: Context<ApiEnv>, keyId: string): void => {
    const nowMs = clock.nowMs();
    const bucket = buckets.get(keyId) ?? { tokens: burst, filledAtMs: nowMs };
    buckets.set(keyId, bucket);
    bucket.tokens = Math.min(burst, bucket.tokens + ((nowMs - bucket.filledAtMs) / 1000) * requestsPerSec);
    bucket.filledAtMs = nowMs;
    const isAllowed = bucket.tokens >= 1;
    if (isAllowed) bucket.tokens -= 1;
    c.header("ratelimit-limit", String(burst));
    c.header("ratelimit-remaining", String(Math.floor(bucket.tokens)));
    c.header("ratelimit-reset", String(Math.ceil((burst - bucket.tokens) / requestsPerSec)));
    if (!isAllowed)
      throw new CodedError("rate_limited", `this API key may make ${requestsPerSec} requests a second`, {
        details: { requests_per_second: requestsPerSec, burst },
      });
  };
}
