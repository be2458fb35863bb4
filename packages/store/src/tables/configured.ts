/**
 * Tables whose rows a tenant configures: found by tenant and id, listed newest first, some with fields that no other
 * row may have.
 */
import { pageOf, placeOf } from "../cursor.ts";
import type { Db } from "../db.ts";
import type { Page, PageRequest } from "../store.ts";
import type { Table } from "../table.ts";

export interface ConfiguredTable<Row> {
  get(tenantId: string, id: string): Row | undefined;
  list(tenantId: string, page: PageRequest): Page<Row>;
  /** Oldest first, of all tenants. */
  all(): readonly Row[];
  /** Upserts by id. False, and nothing is done, when a row of another id or tenant stands in the way. */
  save(row: Row): boolean;
  /** Upserts by id; whoever had its unique fields under another id makes way. */
  impose(row: Row): void;
  delete(tenantId: string, id: string): boolean;
  deleteAllOf(tenantId: string): void;
}

interface Kept {
  readonly id: string;
  readonly tenantId: string;
  readonly createdAt: number;
}

export interface Definition<Row, Stored> {
  readonly table: Table;
  /** SQL that is true of a row with the fields no other may have: `number = @number`. */
  readonly sameAs?: string;
  toStored(row: Row, createdAt: number): Stored;
  fromStored(stored: Stored): Row;
}

/** `now` dates rows that carry no date when they are first saved. */
export function makeConfiguredTable<Row extends { id: string; tenantId: string }, Stored extends Kept>(
  db: Db,
  now: () => number,
  definition: Definition<Row, Stored>,
): ConfiguredTable<Row> {
  const { table, toStored, fromStored } = definition;
  const find = db.prepare<[string], Stored>(`${table.select} WHERE id = ?`);
  const all = db.prepare<[], Stored>(`${table.select} ORDER BY created_at, rowid`);
  const list = db.prepare<[string, number, string, number], Stored>(
    `${table.select} WHERE tenant_id = ? AND (created_at, id) < (?, ?) ORDER BY created_at DESC, id DESC LIMIT ?`,
  );
  const upsert = db.prepare<Stored>(table.upsert);
  const remove = db.prepare<[string, string]>(`DELETE FROM ${table.name} WHERE id = ? AND tenant_id = ?`);
  const removeAll = db.prepare<[string]>(`DELETE FROM ${table.name} WHERE tenant_id = ?`);
  const { sameAs } = definition;
  const inTheWay = sameAs === undefined ? undefined : `${table.name} WHERE ${sameAs} AND id <> @id`;
  const rival = inTheWay === undefined ? undefined : db.prepare<Stored>(`SELECT 1 FROM ${inTheWay}`);
  const makeWay = inTheWay === undefined ? undefined : db.prepare<Stored>(`DELETE FROM ${inTheWay}`);
  const stored = (row: Row, before: Stored | undefined): Stored => toStored(row, before?.createdAt ?? now());
  return {
    get(tenantId, id) {
      const row = find.get(id);
      return row?.tenantId === tenantId ? fromStored(row) : undefined;
    },
    list(tenantId, page) {
      const { at, id } = placeOf(table.name, page) ?? { at: Number.MAX_SAFE_INTEGER, id: "" };
      const found = list.all(tenantId, at, id, page.limit + 1);
      const { rows, nextCursor } = pageOf(table.name, found, page.limit, (row) => ({ at: row.createdAt, id: row.id }));
      return { rows: rows.map(fromStored), nextCursor };
    },
    all: () => all.all().map(fromStored),
    save(row) {
      const before = find.get(row.id);
      const next = stored(row, before);
      if ((before && before.tenantId !== row.tenantId) || rival?.get(next)) return false;
      upsert.run(next);
      return true;
    },
    impose(row) {
      const next = stored(row, find.get(row.id));
      makeWay?.run(next);
      upsert.run(next);
    },
    delete: (tenantId, id) => remove.run(id, tenantId).changes > 0,
    deleteAllOf: (tenantId) => void removeAll.run(tenantId),
  };
}
