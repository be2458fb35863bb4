/**
 * DNS that does not ask twice: answers are kept for their time, within bounds, empty ones and failures for a shorter
 * one; who asks for what is being asked waits along. No query takes more than two seconds of anybody's time.
 */
import type { Clock, Timer } from "@voepy/base";
import type { Dns, DnsAnswer } from "./dns.ts";

export interface DnsBounds {
  readonly queryMs: number;
  readonly minTtlMs: number;
  readonly maxTtlMs: number;
  /** Where the answer does not tell. */
  readonly unknownTtlMs: number;
  /** The name does not exist. */
  readonly emptyMs: number;
  /** No server answered. */
  readonly failureMs: number;
  /** Of one answer; the rest is left out. */
  readonly records: number;
  readonly entries: number;
}

const DNS_BOUNDS: DnsBounds = {
  queryMs: 2_000,
  minTtlMs: 5_000,
  maxTtlMs: 300_000,
  unknownTtlMs: 60_000,
  emptyMs: 30_000,
  failureMs: 5_000,
  records: 16,
  entries: 2_000,
};

interface Entry {
  readonly answer: Promise<DnsAnswer<unknown>>;
  /** undefined while it is being asked. */
  goodUntilMs: number | undefined;
}

export function cachedDns(dns: Dns, clock: Clock, bounds: DnsBounds = DNS_BOUNDS): Dns {
  const cache = new Map<string, Entry>();

  function ask<T>(key: string, query: () => Promise<DnsAnswer<T>>): Promise<DnsAnswer<T>> {
    const known = cache.get(key);
    if (known !== undefined && (known.goodUntilMs === undefined || clock.nowMs() < known.goodUntilMs)) {
      // The key names type and name, so what lies under it is of this type.
      return known.answer as Promise<DnsAnswer<T>>;
    }
    const answer = within(clock, bounds.queryMs, query()).then(({ records, ttlS }) => ({
      records: records.slice(0, bounds.records),
      ttlS,
    }));
    const entry: Entry = { answer, goodUntilMs: undefined };
    cache.delete(key);
    cache.set(key, entry);
    // The oldest goes first.
    for (const old of cache.keys()) {
      if (cache.size <= bounds.entries) break;
      cache.delete(old);
    }
    answer.then(
      (got) => {
        entry.goodUntilMs = clock.nowMs() + lifetimeMs(got, bounds);
      },
      () => {
        entry.goodUntilMs = clock.nowMs() + bounds.failureMs;
      },
    );
    return answer;
  }

  return {
    naptr: (name) => ask(`naptr ${name.toLowerCase()}`, () => dns.naptr(name)),
    srv: (name) => ask(`srv ${name.toLowerCase()}`, () => dns.srv(name)),
    addresses: (name, family) => ask(`${family} ${name.toLowerCase()}`, () => dns.addresses(name, family)),
  };
}

function lifetimeMs({ records, ttlS }: DnsAnswer<unknown>, bounds: DnsBounds): number {
  if (records.length === 0) return bounds.emptyMs;
  if (ttlS === undefined) return bounds.unknownTtlMs;
  return Math.min(Math.max(ttlS * 1000, bounds.minTtlMs), bounds.maxTtlMs);
}

async function within<T>(clock: Clock, ms: number, promise: Promise<T>): Promise<T> {
  let timer: Timer | undefined;
  const tooLate = new Promise<never>((_, fail) => {
    timer = clock.schedule(clock.nowMs() + ms, () => fail(new Error(`no answer within ${ms} ms`)));
  });
  try {
    return await Promise.race([promise, tooLate]);
  } finally {
    timer?.cancel();
  }
}
