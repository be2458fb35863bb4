/**
 * How many refusals and challenges one address may draw: who sends a flood under a forged address must not have us
 * pass it on. A token bucket an address; over the rate the request is dropped, and an honest peer sends it again.
 */
const PER_SECOND = 200;
const BURST = 500;
/** Above it all are forgotten, which only hands out fresh bursts. */
const CAPACITY = 20_000;

interface Bucket {
  tokens: number;
  atMs: number;
}

export class RefusalRate {
  readonly #buckets = new Map<string, Bucket>();

  /** Takes one; false: say nothing. */
  take(address: string, nowMs: number): boolean {
    let bucket = this.#buckets.get(address);
    if (bucket === undefined) {
      if (this.#buckets.size >= CAPACITY) this.#buckets.clear();
      bucket = { tokens: BURST, atMs: nowMs };
      this.#buckets.set(address, bucket);
    }
    bucket.tokens = Math.min(BURST, bucket.tokens + ((nowMs - bucket.atMs) * PER_SECOND) / 1000);
    bucket.atMs = nowMs;
    if (bucket.tokens < 1) return false;
    bucket.tokens--;
    return true;
  }
}
