import { pageOf, placeOf } from "../cursor.ts";
import type { Db } from "../db.ts";
import type { TenantRecord } from "../records.ts";
import type { Page, PageRequest } from "../store.ts";
import { defineTable } from "../table.ts";

type Row = Omit<TenantRecord, "allowCallerIdForwarding" | "createdAt"> & {
  readonly allowCallerIdForwarding: number;
  readonly createdAt: number;
};

const TENANTS = defineTable<Row>("tenants", {
  id: "id",
  allowCallerIdForwarding: "allow_caller_id_forwarding",
  maxConcurrentCalls: "max_concurrent_calls",
  maxCps: "max_cps",
  defaultRoute: "default_route",
  createdAt: "created_at",
});

export interface TenantsTable {
  get(id: string): TenantRecord | undefined;
  list(page: PageRequest): Page<TenantRecord>;
  /** Oldest first. */
  all(): readonly TenantRecord[];
  /** Upserts by id. */
  save(tenant: TenantRecord): void;
  delete(id: string): boolean;
}

/** `now` dates those that carry no date when they are first saved. */
export function makeTenantsTable(db: Db, now: () => number): TenantsTable {
  const upsert = db.prepare<Row>(TENANTS.upsert);
  const find = db.prepare<[string], Row>(`${TENANTS.select} WHERE id = ?`);
  const all = db.prepare<[], Row>(`${TENANTS.select} ORDER BY created_at, rowid`);
  const list = db.prepare<[number, string, number], Row>(
    `${TENANTS.select} WHERE (created_at, id) < (?, ?) ORDER BY created_at DESC, id DESC LIMIT ?`,
  );
  const remove = db.prepare<[string]>("DELETE FROM tenants WHERE id = ?");
  return {
    get(id) {
      const row = find.get(id);
      return row && fromRow(row);
    },
    list(page) {
      const { at, id } = placeOf("tenants", page) ?? { at: Number.MAX_SAFE_INTEGER, id: "" };
      const found = list.all(at, id, page.limit + 1);
      const { rows, nextCursor } = pageOf("tenants", found, page.limit, (row) => ({ at: row.createdAt, id: row.id }));
      return { rows: rows.map(fromRow), nextCursor };
    },
    all: () => all.all().map(fromRow),
    save: (tenant) =>
      void upsert.run({
        ...tenant,
        allowCallerIdForwarding: tenant.allowCallerIdForwarding ? 1 : 0,
        createdAt: find.get(tenant.id)?.createdAt ?? now(),
      }),
    delete: (id) => remove.run(id).changes > 0,
  };
}

function fromRow(row: Row): TenantRecord {
  return { ...row, allowCallerIdForwarding: row.allowCallerIdForwarding === 1 };
}
