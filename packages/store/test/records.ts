/** Rows with every field set to something plausible, for tests to vary. */
import { type Clock, idMaker, seededRandom, silentLog, systemClock } from "@voepy/base";
import { openStore } from "../src/open-store.ts";
import type {
  CallRecord,
  DeliveryRecord,
  EventRecord,
  IdempotencyRecord,
  LegRecord,
  RecordingRecord,
  WebhookRecord,
} from "../src/records.ts";
import type { Store } from "../src/store.ts";

export const NOON = Date.UTC(2026, 4, 12, 12);

/** A clock that stands still until it is set. */
export function stillClock(): Clock & { set(wallMs: number): void } {
  let wall = NOON;
  return {
    nowMs: () => wall - NOON,
    wallMs: () => wall,
    schedule: systemClock.schedule,
    set: (wallMs) => {
      wall = wallMs;
    },
  };
}

export function memoryStore(clock: Clock = stillClock(), path = ":memory:"): Promise<Store> {
  return openStore({ path, clock, makeId: idMaker(clock, seededRandom(1)), log: silentLog });
}

export function makeCall(changes: Partial<CallRecord> = {}): CallRecord {
  return {
    id: "voepy_call_1",
    tenantId: "acme",
    nodeId: "voepy_node_1",
    direction: "outbound",
    status: "initiated",
    from: "+15125550100",
    to: "+15558675309",
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
    sequence: 0,
    ...changes,
  };
}

export function makeLeg(changes: Partial<LegRecord> = {}): LegRecord {
  return {
    id: "voepy_leg_1",
    callId: "voepy_call_1",
    direction: "outbound",
    status: "initiated",
    from: "+15125550100",
    to: "+15558675309",
    sipCallId: "a@b",
    startedAt: NOON,
    answeredAt: null,
    endedAt: null,
    endReason: null,
    ...changes,
  };
}

export function makeRecording(changes: Partial<RecordingRecord> = {}): RecordingRecord {
  return {
    id: "voepy_rec_1",
    tenantId: "acme",
    callId: "voepy_call_1",
    legId: "voepy_leg_1",
    channels: "dual",
    format: "wav",
    status: "recording",
    path: "2026/voepy_rec_1.wav",
    durationMs: null,
    sizeBytes: null,
    error: null,
    createdAt: NOON,
    ...changes,
  };
}

export function makeEvent(sequence: number, changes: Partial<EventRecord> = {}): EventRecord {
  const callId = changes.callId === undefined ? "voepy_call_1" : changes.callId;
  return {
    id: `voepy_evt_${callId}_${sequence}`,
    tenantId: "acme",
    callId,
    eventType: "call.started",
    occurredAt: NOON + sequence,
    sequence,
    data: `{"call_id":"${callId}"}`,
    webhookUrl: null,
    ...changes,
  };
}

export function makeWebhook(changes: Partial<WebhookRecord> = {}): WebhookRecord {
  return {
    id: "voepy_whk_1",
    tenantId: "acme",
    url: "http://hooks.test/a",
    failoverUrl: null,
    events: ["*"],
    secret: "whsec_AAAA",
    createdAt: NOON,
    ...changes,
  };
}

export function makeIdempotencyRow(changes: Partial<IdempotencyRecord> = {}): IdempotencyRecord {
  return {
    tenantId: "acme",
    path: "/v1/calls",
    key: "k1",
    bodyHash: "ab",
    response: null,
    bootId: "boot-1",
    resourceId: null,
    createdAt: NOON,
    ...changes,
  };
}

/** The delivery after an attempt that succeeded, or that failed and is due again at `retryAt`. */
export function attempted(delivery: DeliveryRecord, retryAt?: number): DeliveryRecord {
  return {
    ...delivery,
    attempts: delivery.attempts + 1,
    status: retryAt === undefined ? "delivered" : "pending",
    nextAttemptAt: retryAt ?? delivery.nextAttemptAt,
  };
}
