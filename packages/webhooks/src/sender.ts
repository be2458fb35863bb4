/**
 * Empties the outbox. What is due, in which order, and what became of it lives in the store alone, so that a crash
 * at any moment loses no event; it may send one twice, with the same webhook-id.
 */
import { type Clock, type HttpClient, type Log, messageOf, type Random, type Timer } from "@voepy/base";
import { type DeliveryRecord, type EventRecord, endpointOf, type Store, type WebhookRecord } from "@voepy/store";
import { attempt, type Outcome } from "./attempt.ts";
import { type Capacity, makeReadyList, type ReadyList } from "./ready-list.ts";
import { nextAttemptAt } from "./schedule.ts";
import { makeWebhookSecret, secretsOf } from "./sign.ts";

export interface WebhookSenderOptions {
  readonly store: Store;
  /** For URLs that came through the API; its `allowPrivate` decides what they may reach. */
  readonly http: HttpClient;
  /** For endpoints the configuration declares: the operator may name private addresses. Default: `http`. */
  readonly operatorHttp?: HttpClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Of voepy, for User-Agent. */
  readonly version: string;
  readonly capacity?: Capacity;
}

export interface WebhookSender {
  /** Sends what is due, now and whenever the store writes events. */
  start(): void;
  /** Looks for due deliveries, for example after one was set to be sent again. */
  wake(): void;
  /** Begins no more and waits for those under way, at most one request's 5 s. */
  close(): Promise<void>;
}

const CAPACITY: Capacity = { inFlight: 256, inFlightPerEndpoint: 64 };
/** Looked for in one go. */
const DUE_LIMIT = 256;
/** Due times are wall time, which may jump; sleeping is on the monotonic clock: so never for longer than this. */
const LONGEST_SLEEP_MS = 60_000;
const FAILING_KNOWN = 1_000;
/** After the store refused to read or write. */
const STORE_RETRY_MS = 1_000;

export function makeWebhookSender(options: WebhookSenderOptions): WebhookSender {
  return new Sender(options);
}

class Sender implements WebhookSender {
  readonly #options: WebhookSenderOptions;
  readonly #ready: ReadyList;
  readonly #underWay = new Set<Promise<void>>();
  /** Endpoints whose last attempt failed: told to the log when that begins and ends. */
  readonly #failing = new Set<string>();
  #isStarted = false;
  #isClosed = false;
  #isLooking = false;
  /** Something may be due that was not seen yet. */
  #isStale = false;
  #sleep: Timer | undefined;
  readonly #closing = new AbortController();

  constructor(options: WebhookSenderOptions) {
    this.#options = options;
    this.#ready = makeReadyList(options.capacity ?? CAPACITY);
  }

  start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    this.#options.store.onEvents(() => this.wake());
    this.wake();
  }

  wake(): void {
    if (!this.#isStarted || this.#isClosed) return;
    this.#isStale = true;
    if (!this.#isLooking) void this.#look();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#sleep?.cancel();
    this.#closing.abort();
    await Promise.all(this.#underWay);
  }

  /** Begins what is ready, finds more as long as there is room, then sleeps until something falls due. */
  async #look(): Promise<void> {
    this.#isLooking = true;
    try {
      this.#beginReady();
      while (this.#isStale && this.#ready.hasRoom() && !this.#isClosed) {
        this.#isStale = false;
        const wallMs = this.#options.clock.wallMs();
        this.#ready.add(await this.#options.store.deliveries.due(wallMs, DUE_LIMIT, this.#ready.sated()));
        this.#beginReady();
        const nextMs = await this.#options.store.deliveries.nextDueAt(wallMs);
        this.#sleepFor(nextMs === undefined ? undefined : nextMs - wallMs);
      }
    } catch (error) {
      this.#options.log.error("webhook deliveries could not be read", { error: messageOf(error) });
      this.#sleepFor(STORE_RETRY_MS);
    } finally {
      this.#isLooking = false;
    }
  }

  #sleepFor(ms: number | undefined): void {
    this.#sleep?.cancel();
    this.#sleep = undefined;
    if (ms === undefined || this.#isClosed) return;
    const { clock } = this.#options;
    this.#sleep = clock.schedule(clock.nowMs() + Math.min(Math.max(ms, 0), LONGEST_SLEEP_MS), () => this.wake());
  }

  #beginReady(): void {
    if (this.#isClosed) return;
    for (let delivery = this.#ready.take(); delivery; delivery = this.#ready.take()) {
      const begun = delivery;
      const work = this.#deliver(begun)
        .catch((error: unknown) => {
          this.#options.log.error("webhook delivery could not be made", { error: messageOf(error) });
          return this.#pause(STORE_RETRY_MS);
        })
        .finally(() => {
          this.#underWay.delete(work);
          this.#ready.done(begun);
          this.wake();
        });
      this.#underWay.add(work);
    }
  }

  async #deliver(delivery: DeliveryRecord): Promise<void> {
    const { store, clock, version } = this.#options;
    const event = await store.events.get(delivery.eventId);
    const webhook = delivery.webhookId === null ? undefined : await store.settings.webhook(delivery.webhookId);
    if (!event || (delivery.webhookId !== null && !webhook)) {
      await this.#save({ ...delivery, status: "failed", lastError: "its event or endpoint was deleted" });
      return;
    }
    const url = targetOf(delivery, webhook);
    const secrets = webhook ? secretsOf(webhook, clock.wallMs()) : await this.#tenantSecrets(event.tenantId);
    const http = webhook?.declared ? (this.#options.operatorHttp ?? this.#options.http) : this.#options.http;
    const outcome = await attempt({ event, url, secrets, userAgent: `voepy/${version}` }, http, clock);
    this.#tell(delivery, event, outcome);
    await this.#save(this.#after({ ...delivery, url }, event, outcome));
  }

  #after(delivery: DeliveryRecord, event: EventRecord, outcome: Outcome): DeliveryRecord {
    const wallMs = this.#options.clock.wallMs();
    const attempts = delivery.attempts + 1;
    const failed = { failures: attempts, ageMs: wallMs - event.occurredAt, wallMs };
    const retryAt = outcome.isDelivered ? undefined : nextAttemptAt(failed, this.#options.random);
    return {
      ...delivery,
      attempts,
      status: outcome.isDelivered ? "delivered" : retryAt === undefined ? "failed" : "pending",
      nextAttemptAt: retryAt ?? delivery.nextAttemptAt,
      lastStatusCode: outcome.statusCode,
      lastLatencyMs: outcome.latencyMs,
      lastError: outcome.error,
      responseHead: outcome.responseHead,
    };
  }

  /** Tries until it is written: what was delivered must not be sent again because a disk was full for a moment. */
  async #save(delivery: DeliveryRecord): Promise<void> {
    while (true) {
      try {
        await this.#options.store.deliveries.update(delivery);
        return;
      } catch (error) {
        this.#options.log.error("webhook delivery could not be written", { error: messageOf(error) });
        if (this.#isClosed) return;
        await this.#pause(STORE_RETRY_MS);
      }
    }
  }

  /** Resolves after `ms`, or at once when closing. */
  #pause(ms: number): Promise<void> {
    const { clock } = this.#options;
    return new Promise((resolve) => {
      const timer = clock.schedule(clock.nowMs() + ms, resolve);
      this.#closing.signal.addEventListener(
        "abort",
        () => {
          timer.cancel();
          resolve();
        },
        { once: true },
      );
    });
  }

  /** A call's own URL is signed like the tenant's first endpoint, or with a secret made for the tenant. */
  async #tenantSecrets(tenantId: string): Promise<readonly string[]> {
    const { store, clock, random } = this.#options;
    const [first] = await store.settings.webhooks(tenantId);
    if (first) return secretsOf(first, clock.wallMs());
    return [await store.value(`webhook_secret:${tenantId}`, () => makeWebhookSecret(random))];
  }

  #tell(delivery: DeliveryRecord, event: EventRecord, outcome: Outcome): void {
    const { log } = this.#options;
    const endpoint = endpointOf(delivery);
    const fields = { event_id: event.id, event_type: event.eventType, call_id: event.callId, endpoint };
    if (outcome.isDelivered) {
      log.debug("webhook delivered", { ...fields, latency_ms: outcome.latencyMs });
      if (this.#failing.delete(endpoint)) log.info("webhook endpoint answers again", { endpoint });
      return;
    }
    log.debug("webhook attempt failed", { ...fields, error: outcome.error });
    if (this.#failing.has(endpoint)) return;
    log.warn("webhook endpoint fails", { endpoint, error: outcome.error });
    // Per-call URLs may name ever new hosts; forgetting them costs a repeated line.
    if (this.#failing.size >= FAILING_KNOWN) this.#failing.clear();
    this.#failing.add(endpoint);
  }
}

/** Every second attempt goes to the failover URL, so that neither of the two being dead stops an event. */
function targetOf(delivery: DeliveryRecord, webhook: WebhookRecord | undefined): string {
  if (!webhook) return delivery.url;
  return delivery.attempts % 2 === 1 && webhook.failoverUrl !== null ? webhook.failoverUrl : webhook.url;
}
