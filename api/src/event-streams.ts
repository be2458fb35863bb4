/**
 * `GET /v1/events/stream`: events as they are committed, as Server-Sent Events. The table of events is the queue: each
 * follower remembers how far it has read and reads on as fast as its client takes them, so that a slow one costs no
 * memory and a new one goes on where it broke off without a hole.
 */
import { type Clock, CodedError } from "@voepy/base";
import { type EventRecord, type Store, wantsEvent } from "@voepy/store";
import type { RequestKey } from "./route.ts";
import { serializeEvent } from "./serialize/webhook.ts";

/** A comment this often keeps proxies from closing a quiet stream, ms. */
const HEARTBEAT_MS = 15_000;
/** Read at once. */
const BATCH = 100;
const STREAMS_PER_TENANT = 100;
/** What a client waits before it comes back, ms. */
const COME_BACK_MS = 2_000;

export interface EventStreams {
  /** Events after `position` that match one of `filters`. Throws `rate_limited` when the tenant follows too often. */
  follow(key: RequestKey, position: number, filters: readonly string[]): ReadableStream<Uint8Array>;
  /** Ends them all. */
  close(): void;
}

export function makeEventStreams(store: Store, clock: Clock): EventStreams {
  const followers = new Set<Follower>();
  store.onEvents((events) => {
    const tenants = new Set(events.map(({ tenantId }) => tenantId));
    for (const follower of followers) if (tenants.has(follower.key.tenantId)) follower.wake();
  });
  // A key may have been deleted.
  store.settings.onChange(() => {
    for (const follower of followers) follower.recheck();
  });
  return {
    follow(key, position, filters) {
      const ofTenant = [...followers].filter((follower) => follower.key.tenantId === key.tenantId);
      if (ofTenant.length >= STREAMS_PER_TENANT)
        throw new CodedError("rate_limited", `${STREAMS_PER_TENANT} event streams are open already`);
      const follower = new Follower({ store, clock, key, position, filters, gone: () => followers.delete(follower) });
      followers.add(follower);
      return follower.stream();
    },
    close() {
      for (const follower of followers) follower.end();
    },
  };
}

interface FollowerOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly key: RequestKey;
  readonly position: number;
  readonly filters: readonly string[];
  readonly gone: () => void;
}

class Follower {
  readonly key: RequestKey;
  readonly #options: FollowerOptions;
  #position: number;
  #isOver = false;
  /** Something may be there that was not read. */
  #isStale = true;
  #wake: () => void = () => undefined;
  /** Monotonic ms; undefined: the key is to be asked for before anything else is sent. */
  #keySeenAtMs: number | undefined;

  constructor(options: FollowerOptions) {
    this.key = options.key;
    this.#options = options;
    this.#position = options.position;
  }

  stream(): ReadableStream<Uint8Array> {
    const encoder = new TextEncoder();
    return new ReadableStream({
      start: (controller) => controller.enqueue(encoder.encode(`retry: ${COME_BACK_MS}\n\n`)),
      pull: async (controller) => {
        const text = await this.#next();
        if (text !== undefined) {
          controller.enqueue(encoder.encode(text));
          return;
        }
        this.#options.gone();
        controller.close();
      },
      cancel: () => {
        this.end();
        this.#options.gone();
      },
    });
  }

  wake(): void {
    this.#isStale = true;
    this.#wake();
  }

  /** As `wake`, and the key may be gone. */
  recheck(): void {
    this.#keySeenAtMs = undefined;
    this.wake();
  }

  end(): void {
    this.#isOver = true;
    this.#wake();
  }

  /** The next events or a heartbeat; undefined when it is over or the key is no longer good. */
  async #next(): Promise<string | undefined> {
    const { store, key, filters } = this.#options;
    while (!this.#isOver && (await this.#isKeyGood())) {
      if (this.#isStale) {
        this.#isStale = false;
        const { rows, position } = await store.events.after(key.tenantId, this.#position, BATCH);
        this.#position = position;
        this.#isStale ||= rows.length === BATCH;
        const text = rows.filter(({ eventType }) => wantsEvent(filters, eventType)).map(sseText);
        if (text.length > 0) return text.join("");
      } else if (!(await this.#isWoken())) return ": still here\n\n";
    }
    return undefined;
  }

  /** Asked for when settings have changed, and every 15 s, since keys expire. */
  async #isKeyGood(): Promise<boolean> {
    const nowMs = this.#options.clock.nowMs();
    if (this.#keySeenAtMs !== undefined && nowMs - this.#keySeenAtMs < HEARTBEAT_MS) return true;
    this.#keySeenAtMs = nowMs;
    return this.key.isValid();
  }

  /** True when something has happened, false after the time of a heartbeat. */
  #isWoken(): Promise<boolean> {
    const { clock } = this.#options;
    // It may have ended while the key was asked for.
    if (this.#isOver) return Promise.resolve(true);
    return new Promise((resolve) => {
      const timer = clock.schedule(clock.nowMs() + HEARTBEAT_MS, () => resolve(false));
      this.#wake = () => {
        timer.cancel();
        resolve(true);
      };
    });
  }
}

/** WHATWG HTML §9.2.5: one line a field; JSON has no line breaks. */
function sseText(event: EventRecord): string {
  return `id: ${event.id}\nevent: ${event.eventType}\ndata: ${JSON.stringify(serializeEvent(event))}\n\n`;
}
