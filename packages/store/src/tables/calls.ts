/** Calls and their legs. */

import { type Place, pageOf, placeOf } from "../cursor.ts";
import type { Db } from "../db.ts";
import type { CallRecord, LegRecord } from "../records.ts";
import type { CallFilter, Page, PageRequest } from "../store.ts";
import { defineTable, rowSaver } from "../table.ts";

const CALLS = defineTable<CallRecord>(
  "calls",
  {
    id: "id",
    tenantId: "tenant_id",
    nodeId: "node_id",
    direction: "direction",
    status: "status",
    from: "from_number",
    to: "to_number",
    routeId: "route_id",
    initiatedAt: "initiated_at",
    answeredAt: "answered_at",
    endedAt: "ended_at",
    endReason: "end_reason",
    endInitiator: "end_initiator",
    sipCode: "sip_code",
    sipReason: "sip_reason",
    q850Cause: "q850_cause",
    customerReference: "customer_reference",
    clientState: "client_state",
    webhookUrl: "webhook_url",
    bridgeId: "bridge_id",
    costCents: "cost_cents",
    ratingStatus: "rating_status",
    sequence: "sequence",
  },
  ["tenantId", "direction", "from", "to", "initiatedAt", "customerReference"],
);

const LEGS = defineTable<LegRecord>(
  "legs",
  {
    id: "id",
    callId: "call_id",
    direction: "direction",
    status: "status",
    from: "from_number",
    to: "to_number",
    sipCallId: "sip_call_id",
    startedAt: "started_at",
    answeredAt: "answered_at",
    endedAt: "ended_at",
    endReason: "end_reason",
  },
  ["callId", "startedAt"],
);

export interface CallsTable {
  saveCall(call: CallRecord): void;
  saveLeg(leg: LegRecord): void;
  get(tenantId: string, id: string): CallRecord | undefined;
  /** Oldest first. */
  legs(callId: string): readonly LegRecord[];
  list(tenantId: string, filter: CallFilter, page: PageRequest): Page<CallRecord>;
  unfinished(): readonly CallRecord[];
}

export function makeCallsTable(db: Db): CallsTable {
  const get = db.prepare<[string, string], CallRecord>(`${CALLS.select} WHERE id = ? AND tenant_id = ?`);
  const legs = db.prepare<[string], LegRecord>(`${LEGS.select} WHERE call_id = ? ORDER BY started_at, id`);
  const unfinished = db.prepare<[], CallRecord>(
    `${CALLS.select} WHERE status NOT IN ('ended', 'failed') ORDER BY initiated_at`,
  );
  return {
    saveCall: rowSaver<CallRecord>(db, CALLS),
    saveLeg: rowSaver<LegRecord>(db, LEGS),
    get: (tenantId, id) => get.get(id, tenantId),
    legs: (callId) => legs.all(callId),
    list: makeCallList(db),
    unfinished: () => unfinished.all(),
  };
}

type Binding = string | number;
type ListStatement = { all(...bindings: Binding[]): CallRecord[] };

/** One statement for each set of filters that is asked for, kept: there are few. */
function makeCallList(db: Db): CallsTable["list"] {
  const statements = new Map<string, ListStatement>();
  return (tenantId, filter, page) => {
    const conditions = callConditions(tenantId, filter, placeOf("calls", page));
    const where = conditions.map(([sql]) => sql).join(" AND ");
    let statement = statements.get(where);
    if (!statement) {
      statement = db.prepare<Binding[], CallRecord>(
        `${CALLS.select} WHERE ${where} ORDER BY initiated_at DESC, id DESC LIMIT ?`,
      );
      statements.set(where, statement);
    }
    const found = statement.all(...conditions.flatMap(([, bindings]) => bindings), page.limit + 1);
    return pageOf("calls", found, page.limit, (call) => ({ at: call.initiatedAt, id: call.id }));
  };
}

/**
 * Each index begins with one filter's column and goes on in list order, so a page costs the same at a million rows.
 * With several filters the most selective kind leads: a `+` before the others' columns keeps the planner, which has no
 * statistics, from choosing theirs.
 */
function callConditions(
  tenantId: string,
  filter: CallFilter,
  after: Place | undefined,
): readonly (readonly [sql: string, bindings: readonly Binding[]])[] {
  const equals = (
    [
      ["customer_reference", filter.customerReference],
      ["from_number", filter.fromNumber],
      ["to_number", filter.toNumber],
      ["status", filter.status],
      ["direction", filter.direction],
    ] as const
  ).flatMap(([column, value]) => (value === undefined ? [] : [{ column, value }]));
  const conditions: (readonly [string, readonly Binding[]])[] = [["tenant_id = ?", [tenantId]]];
  for (const [rank, { column, value }] of equals.entries()) {
    conditions.push([`${rank === 0 ? "" : "+"}${column} = ?`, [value]]);
  }
  if (filter.initiatedAfter !== undefined) conditions.push(["initiated_at >= ?", [filter.initiatedAfter]]);
  if (filter.initiatedBefore !== undefined) conditions.push(["initiated_at < ?", [filter.initiatedBefore]]);
  if (after) conditions.push(["(initiated_at, id) < (?, ?)", [after.at, after.id]]);
  return conditions;
}
