/**
 * Pending and past deliveries. Invariant: of each lane (one endpoint and one call) exactly the pending delivery of
 * lowest sequence has `is_head`; every write here keeps it, so that order within a call needs no search.
 */
import { pageOf, placeOf } from "../cursor.ts";
import type { Db } from "../db.ts";
import { endpointOf } from "../endpoint.ts";
import type { DeliveryRecord, EventRecord } from "../records.ts";
import type { Page, PageRequest } from "../store.ts";
import { defineTable } from "../table.ts";

const DELIVERIES = defineTable<DeliveryRecord>("deliveries", {
  id: "id",
  eventId: "event_id",
  webhookId: "webhook_id",
  url: "url",
  callId: "call_id",
  sequence: "sequence",
  status: "status",
  attempts: "attempts",
  nextAttemptAt: "next_attempt_at",
  lastStatusCode: "last_status_code",
  lastLatencyMs: "last_latency_ms",
  lastError: "last_error",
  responseHead: "response_head",
});

/** Jumps from one endpoint with something pending to the next in the index: what each is owed does not matter. */
const EACH_ENDPOINT = `
  WITH RECURSIVE each (endpoint) AS (
    SELECT min(endpoint) FROM deliveries WHERE status = 'pending' AND is_head = 1
    UNION ALL
    SELECT (SELECT min(endpoint) FROM deliveries
            WHERE status = 'pending' AND is_head = 1 AND endpoint > each.endpoint)
    FROM each WHERE each.endpoint IS NOT NULL)`;

export interface NewDelivery {
  readonly id: string;
  readonly event: EventRecord;
  readonly webhookId: string | null;
  readonly url: string;
  readonly dueAt: number;
}

export interface DeliveriesTable {
  add(delivery: NewDelivery): void;
  update(delivery: DeliveryRecord): void;
  due(wallMs: number, limit: number, exceptEndpoints: ReadonlySet<string>): readonly DeliveryRecord[];
  nextDueAt(afterMs: number): number | undefined;
  list(tenantId: string, webhookId: string, page: PageRequest): Page<DeliveryRecord>;
  get(tenantId: string, webhookId: string, id: string): DeliveryRecord | undefined;
  pendingCount(): number;
  deletePendingOf(webhookId: string): void;
}

export function makeDeliveriesTable(db: Db): DeliveriesTable {
  const add = makeAdd(db);
  const due = makeDue(db);
  const update = makeUpdate(db);
  // The earliest of each endpoint, jumping from one to the next as in `makeDue`.
  const nextDueAt = db.prepare<[number], { at: number | null }>(`${EACH_ENDPOINT}
    SELECT min((SELECT min(next_attempt_at) FROM deliveries
      WHERE status = 'pending' AND is_head = 1 AND endpoint = each.endpoint AND next_attempt_at > ?)) AS at
    FROM each WHERE endpoint IS NOT NULL`);
  const list = db.prepare<[string, string, number, number], DeliveryRecord>(
    `${DELIVERIES.select} WHERE tenant_id = ? AND webhook_id = ? AND seq < ? ORDER BY seq DESC LIMIT ?`,
  );
  const get = db.prepare<[string, string, string], DeliveryRecord>(
    `${DELIVERIES.select} WHERE id = ? AND tenant_id = ? AND webhook_id = ?`,
  );
  const seqOf = db.prepare<[string], { seq: number }>("SELECT seq FROM deliveries WHERE id = ?");
  const pendingCount = db.prepare<[], { pending: number }>(
    "SELECT count(*) AS pending FROM deliveries WHERE status = 'pending'",
  );
  const deletePending = db.prepare<[string]>("DELETE FROM deliveries WHERE webhook_id = ? AND status = 'pending'");
  return {
    add,
    update,
    due,
    nextDueAt: (afterMs) => nextDueAt.get(afterMs)?.at ?? undefined,
    list(tenantId, webhookId, page) {
      const before = placeOf("deliveries", page)?.at ?? Number.MAX_SAFE_INTEGER;
      const found = list.all(tenantId, webhookId, before, page.limit + 1);
      return pageOf("deliveries", found, page.limit, (row) => ({ at: seqOf.get(row.id)?.seq ?? 0, id: "" }));
    },
    get: (tenantId, webhookId, id) => get.get(id, tenantId, webhookId),
    pendingCount: () => pendingCount.get()?.pending ?? 0,
    deletePendingOf: (webhookId) => void deletePending.run(webhookId),
  };
}

function makeAdd(db: Db): DeliveriesTable["add"] {
  const insert = db.prepare<Omit<NewDelivery, "event"> & Record<string, unknown>>(`
    INSERT INTO deliveries (id, event_id, tenant_id, webhook_id, endpoint, lane, is_head, url, call_id, sequence,
      status, attempts, next_attempt_at)
    VALUES (@id, @eventId, @tenantId, @webhookId, @endpoint, @lane,
      NOT EXISTS (SELECT 1 FROM deliveries WHERE lane = @lane AND status = 'pending'),
      @url, @callId, @sequence, 'pending', 0, @dueAt)`);
  return ({ id, event, webhookId, url, dueAt }) => {
    const endpoint = endpointOf({ webhookId, url });
    insert.run({
      id,
      eventId: event.id,
      tenantId: event.tenantId,
      webhookId,
      endpoint,
      // Events of no call wait for nothing.
      lane: `${endpoint} ${event.callId ?? event.id}`,
      url,
      callId: event.callId,
      sequence: event.sequence,
      dueAt,
    });
  };
}

type Changing = Pick<
  DeliveryRecord,
  | "id"
  | "url"
  | "status"
  | "attempts"
  | "nextAttemptAt"
  | "lastStatusCode"
  | "lastLatencyMs"
  | "lastError"
  | "responseHead"
>;

function makeUpdate(db: Db): DeliveriesTable["update"] {
  const update = db.prepare<Changing, { lane: string }>(`
    UPDATE deliveries SET url = @url, status = @status, is_head = iif(@status = 'pending', is_head, 0), attempts = @attempts, next_attempt_at = @nextAttemptAt,
      last_status_code = @lastStatusCode, last_latency_ms = @lastLatencyMs, last_error = @lastError,
      response_head = @responseHead
    WHERE id = @id RETURNING lane`);
  const head = db.prepare<[string], { seq: number; isHead: number }>(`
    SELECT seq, is_head AS isHead FROM deliveries WHERE lane = ? AND status = 'pending'
    ORDER BY sequence, seq LIMIT 1`);
  const demote = db.prepare<[string]>(
    "UPDATE deliveries SET is_head = 0 WHERE lane = ? AND status = 'pending' AND is_head = 1",
  );
  const promote = db.prepare<[number]>("UPDATE deliveries SET is_head = 1 WHERE seq = ?");
  return (delivery) => {
    const lane = update.get(delivery)?.lane;
    if (lane === undefined) return;
    const first = head.get(lane);
    if (first?.isHead !== 0) return;
    // One that was sent again comes back before those of its lane that came later.
    demote.run(lane);
    promote.run(first.seq);
  };
}

function makeDue(db: Db): DeliveriesTable["due"] {
  const endpoints = db.prepare<[number], { endpoint: string }>(`${EACH_ENDPOINT}
    SELECT endpoint FROM each WHERE endpoint IS NOT NULL AND EXISTS (
      SELECT 1 FROM deliveries
      WHERE status = 'pending' AND is_head = 1 AND endpoint = each.endpoint AND next_attempt_at <= ?)`);
  const oldest = db.prepare<[string, number, number], DeliveryRecord>(`${DELIVERIES.select}
    WHERE status = 'pending' AND is_head = 1 AND endpoint = ? AND next_attempt_at <= ?
    ORDER BY next_attempt_at LIMIT ?`);
  return (wallMs, limit, except) => {
    const names = endpoints.all(wallMs).flatMap(({ endpoint }) => (except.has(endpoint) ? [] : [endpoint]));
    const share = Math.max(1, Math.floor(limit / Math.max(1, names.length)));
    const found = names.flatMap((endpoint) => oldest.all(endpoint, wallMs, share));
    return found.sort((a, b) => a.nextAttemptAt - b.nextAttemptAt).slice(0, limit);
  };
}
