/** A sender over a real store, on a clock and an HTTP client that the test holds in its hands. */
import {
  type Clock,
  CodedError,
  type HttpClient,
  type HttpRequest,
  idMaker,
  seededRandom,
  silentLog,
  type Timer,
} from "@voepy/base";
import { type CallRecord, type EventRecord, openStore, type Store, type WebhookRecord } from "@voepy/store";
import { makeWebhookSender, type WebhookSender, type WebhookSenderOptions } from "../src/sender.ts";

export const NOON = Date.UTC(2026, 4, 12, 12);
export const SECOND_MS = 1_000;
export const HOUR_MS = 3_600_000;

/** A status, "refused", or a promise of one for an endpoint that takes its time. */
export type Reply = number | "refused" | Promise<number | "refused">;
export type Endpoint = (request: HttpRequest, wallMs: number) => Reply;

export interface Received {
  readonly url: string;
  readonly id: string;
  readonly callId: string;
  readonly sequence: number;
  readonly wallMs: number;
  readonly status: number | "refused";
  readonly request: HttpRequest;
}

export interface World {
  readonly store: Store;
  readonly sender: WebhookSender;
  readonly received: Received[];
  readonly random: ReturnType<typeof seededRandom>;
  /** Most requests that were under way at once. */
  readonly mostAtOnce: () => number;
  /** Runs all that is due within the next `ms`. */
  advance(ms: number): Promise<void>;
  emit(callId: string, sequence: number, changes?: Partial<EventRecord>): Promise<void>;
}

export async function makeWorld(
  endpoint: Endpoint,
  options: Partial<Pick<WebhookSenderOptions, "capacity" | "operatorHttp">> & {
    wrapStore?: (store: Store) => Store;
  } = {},
): Promise<World> {
  const clock = new TestClock();
  const random = seededRandom(7);
  const received: Received[] = [];
  let underWay = 0;
  let most = 0;
  const http: HttpClient = {
    async fetch(request) {
      most = Math.max(most, ++underWay);
      const wallMs = clock.wallMs();
      const status = await endpoint(request, wallMs);
      underWay--;
      received.push({ ...whatIsToldIn(request), wallMs, status, request });
      if (status === "refused") throw new CodedError("media_unreachable", "connect ECONNREFUSED");
      return { status, headers: {}, body: Buffer.from("thanks"), url: request.url };
    },
    close: () => Promise.resolve(),
  };
  const store = await openStore({ path: ":memory:", clock, makeId: idMaker(clock, random), log: silentLog });
  const { wrapStore = (same: Store) => same, ...more } = options;
  const sender = makeWebhookSender({
    store: wrapStore(store),
    http,
    clock,
    random,
    log: silentLog,
    version: "0.1.0",
    ...more,
  });
  sender.start();
  /** Until nothing has arrived for some turns of the event loop. */
  const settle = async (): Promise<void> => {
    for (let quiet = 0, before = received.length; quiet < 8; quiet++) {
      await new Promise((resolve) => setImmediate(resolve));
      if (received.length !== before) quiet = 0;
      before = received.length;
    }
  };
  return {
    store,
    sender,
    received,
    random,
    mostAtOnce: () => most,
    async advance(ms) {
      const untilMs = clock.nowMs() + ms;
      await settle();
      while (clock.runNext(untilMs)) await settle();
      clock.setMs(untilMs);
    },
    async emit(callId, sequence, changes = {}) {
      const event = makeEvent(callId, sequence, { occurredAt: clock.wallMs(), ...changes });
      await store.commit({ calls: [makeCall(callId, sequence)], events: [event] });
    },
  };
}

class TestClock implements Clock {
  #nowMs = 0;
  readonly #timers = new Set<{ atMs: number; run: () => void }>();

  nowMs(): number {
    return this.#nowMs;
  }
  wallMs(): number {
    return NOON + this.#nowMs;
  }
  schedule(atMs: number, run: () => void): Timer {
    const timer = { atMs, run };
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }
  setMs(ms: number): void {
    this.#nowMs = ms;
  }
  /** Runs the earliest timer not later than `untilMs`; false when there is none. */
  runNext(untilMs: number): boolean {
    const [first] = [...this.#timers].sort((a, b) => a.atMs - b.atMs);
    if (!first || first.atMs > untilMs) return false;
    this.#timers.delete(first);
    this.#nowMs = Math.max(this.#nowMs, first.atMs);
    first.run();
    return true;
  }
}

function whatIsToldIn(request: HttpRequest): Pick<Received, "url" | "id" | "callId" | "sequence"> {
  const { id, sequence, data } = JSON.parse(String(request.body));
  return { url: request.url, id, callId: data.call_id, sequence };
}

export function makeWebhook(changes: Partial<WebhookRecord> = {}): WebhookRecord {
  return {
    id: "voepy_whk_1",
    tenantId: "acme",
    url: "https://hooks.test/a",
    failoverUrl: null,
    events: ["*"],
    secret: `whsec_${Buffer.alloc(32, 1).toString("base64")}`,
    createdAt: NOON,
    ...changes,
  };
}

export function makeEvent(callId: string, sequence: number, changes: Partial<EventRecord> = {}): EventRecord {
  return {
    id: `voepy_evt_${callId}_${sequence}`,
    tenantId: "acme",
    callId,
    eventType: "call.answered",
    occurredAt: NOON,
    sequence,
    data: JSON.stringify({ call_id: callId, note: "naïve “quotes” 🎺" }),
    webhookUrl: null,
    ...changes,
  };
}

function makeCall(id: string, sequence: number): CallRecord {
  return {
    id,
    tenantId: "acme",
    nodeId: "n",
    direction: "inbound",
    status: "answered",
    from: "+15125550100",
    to: "+15125550101",
    routeId: null,
    initiatedAt: NOON,
    answeredAt: null,
    endedAt: null,
    endReason: null,
    endInitiator: null,
    sipCode: null,
    sipReason: null,
    q850Cause: null,
    customerReference: null,
    clientState: null,
    webhookUrl: null,
    bridgeId: null,
    costCents: null,
    ratingStatus: "pending",
    sequence,
  };
}
