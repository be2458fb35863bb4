import type { Db } from "../db.ts";
import type { EventRecord } from "../records.ts";
import { defineTable } from "../table.ts";

const EVENTS = defineTable<EventRecord>("events", {
  id: "id",
  tenantId: "tenant_id",
  callId: "call_id",
  eventType: "event_type",
  occurredAt: "occurred_at",
  sequence: "sequence",
  data: "data",
  webhookUrl: "webhook_url",
});

export interface EventsTable {
  /** @throws when the id, or the sequence within its call, is taken: a sequence has no doubles. */
  add(event: EventRecord): void;
  get(id: string): EventRecord | undefined;
  ofCall(tenantId: string, callId: string): readonly EventRecord[];
  position(tenantId: string, id: string): number | undefined;
  lastPosition(): number;
  after(tenantId: string, position: number, limit: number): { rows: readonly EventRecord[]; position: number };
  /** Of the `limit` oldest events, deletes those older than `beforeMs` that nobody waits for, and their deliveries. */
  prune(beforeMs: number, limit: number): number;
}

export function makeEventsTable(db: Db): EventsTable {
  const add = db.prepare<EventRecord>(EVENTS.insert);
  const get = db.prepare<[string], EventRecord>(`${EVENTS.select} WHERE id = ?`);
  const ofCall = db.prepare<[string, string], EventRecord>(
    `${EVENTS.select} WHERE call_id = ? AND tenant_id = ? ORDER BY sequence`,
  );
  const position = db.prepare<[string, string], { seq: number }>(
    "SELECT seq FROM events WHERE id = ? AND tenant_id = ?",
  );
  const lastPosition = db.prepare<[], { seq: number | null }>("SELECT max(seq) AS seq FROM events");
  const after = db.prepare<[string, number, number], EventRecord>(
    `${EVENTS.select} WHERE tenant_id = ? AND seq > ? ORDER BY seq LIMIT ?`,
  );
  // Rows are numbered as they come, so the oldest are first: no index by age is kept for this. The newest stays, so
  // that its number is not given again: whoever follows the events would miss the one that got it.
  const prune = db.prepare<[number, number]>(`
    DELETE FROM events WHERE seq IN (
      SELECT seq FROM (SELECT seq, id, occurred_at FROM events ORDER BY seq LIMIT ?) AS oldest
      WHERE occurred_at < ? AND seq < (SELECT max(seq) FROM events)
        AND NOT EXISTS (SELECT 1 FROM deliveries WHERE event_id = oldest.id AND status = 'pending'))`);
  return {
    add: (event) => void add.run(event),
    get: (id) => get.get(id),
    ofCall: (tenantId, callId) => ofCall.all(callId, tenantId),
    position: (tenantId, id) => position.get(id, tenantId)?.seq,
    lastPosition: () => lastPosition.get()?.seq ?? 0,
    after(tenantId, from, limit) {
      const rows = after.all(tenantId, from, limit);
      const last = rows.at(-1);
      return { rows, position: (last && position.get(last.id, tenantId)?.seq) ?? from };
    },
    prune: (beforeMs, limit) => prune.run(limit, beforeMs).changes,
  };
}
