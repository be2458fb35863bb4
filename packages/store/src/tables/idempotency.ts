/** One row per tenant, path and Idempotency-Key, for 24 hours. */
import type { Db } from "../db.ts";
import type { IdempotencyRecord } from "../records.ts";

type Key = Pick<IdempotencyRecord, "tenantId" | "path" | "key">;
type Row = Omit<IdempotencyRecord, "response"> & { readonly response: string | null };
type Response = NonNullable<IdempotencyRecord["response"]>;

const LIFETIME_MS = 24 * 3_600_000;

export interface IdempotencyTable {
  /** The row that is there, or undefined after inserting `row`. `createdAt` is the time it is judged by. */
  begin(row: IdempotencyRecord): IdempotencyRecord | undefined;
  finish(key: Key, response: Response): void;
  abandon(key: Key): void;
  bind(binding: Key & { readonly resourceId: string }): void;
  prune(nowMs: number, limit: number): number;
}

const WHERE_KEY = "WHERE tenant_id = @tenantId AND path = @path AND key = @key";

export function makeIdempotencyTable(db: Db): IdempotencyTable {
  const find = db.prepare<Key, Row>(`
    SELECT tenant_id AS tenantId, path, key, body_hash AS bodyHash, response, boot_id AS bootId,
      resource_id AS resourceId, created_at AS createdAt
    FROM idempotency ${WHERE_KEY}`);
  const replace = db.prepare<Row>(`
    INSERT OR REPLACE INTO idempotency
      (tenant_id, path, key, body_hash, response, boot_id, resource_id, created_at)
    VALUES (@tenantId, @path, @key, @bodyHash, @response, @bootId, @resourceId, @createdAt)`);
  const finish = db.prepare<Key & { response: string }>(`UPDATE idempotency SET response = @response ${WHERE_KEY}`);
  const bind = db.prepare<Key & { resourceId: string }>(
    `UPDATE idempotency SET resource_id = @resourceId ${WHERE_KEY} AND response IS NULL`,
  );
  const abandon = db.prepare<Key>(`DELETE FROM idempotency ${WHERE_KEY}`);
  const prune = db.prepare<[number, number]>(`
    DELETE FROM idempotency WHERE rowid IN (
      SELECT rowid FROM idempotency WHERE created_at <= ? ORDER BY created_at LIMIT ?)`);
  return {
    begin(row) {
      const there = find.get({ tenantId: row.tenantId, path: row.path, key: row.key });
      if (there && there.createdAt > row.createdAt - LIFETIME_MS) {
        return { ...there, response: there.response === null ? null : parseResponse(there.response) };
      }
      replace.run({ ...row, response: row.response === null ? null : JSON.stringify(row.response) });
      return undefined;
    },
    finish: ({ tenantId, path, key }, response) =>
      void finish.run({ tenantId, path, key, response: JSON.stringify(response) }),
    abandon: ({ tenantId, path, key }) => void abandon.run({ tenantId, path, key }),
    bind: (binding) => void bind.run(binding),
    prune: (nowMs, limit) => prune.run(nowMs - LIFETIME_MS, limit).changes,
  };
}

function parseResponse(text: string): Response {
  const response: Response = JSON.parse(text);
  return response;
}
