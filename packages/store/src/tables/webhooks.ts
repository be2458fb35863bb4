import { pageOf, placeOf } from "../cursor.ts";
import type { Db } from "../db.ts";
import { wantsEvent } from "../endpoint.ts";
import type { WebhookRecord } from "../records.ts";
import type { Page, PageRequest } from "../store.ts";
import { defineTable } from "../table.ts";

type Row = Omit<WebhookRecord, "events" | "declared" | "previousSecret" | "previousSecretUntil"> & {
  readonly events: string;
  readonly declared: number;
  readonly previousSecret: string | null;
  readonly previousSecretUntil: number | null;
};

const WEBHOOKS = defineTable<Row>("webhooks", {
  id: "id",
  tenantId: "tenant_id",
  url: "url",
  failoverUrl: "failover_url",
  events: "events",
  secret: "secret",
  createdAt: "created_at",
  declared: "declared",
  previousSecret: "previous_secret",
  previousSecretUntil: "previous_secret_until",
});

export interface WebhooksTable {
  save(webhook: WebhookRecord): void;
  get(id: string): WebhookRecord | undefined;
  /** Newest first. */
  list(tenantId: string, page: PageRequest): Page<WebhookRecord>;
  /** Oldest first. */
  ofTenant(tenantId: string): readonly WebhookRecord[];
  /** Those of the tenant that want such an event. */
  wanting(tenantId: string, eventType: string): readonly { readonly id: string; readonly url: string }[];
  delete(tenantId: string, id: string): boolean;
}

export function makeWebhooksTable(db: Db): WebhooksTable {
  const save = db.prepare<Row>(WEBHOOKS.upsert);
  const get = db.prepare<[string], Row>(`${WEBHOOKS.select} WHERE id = ?`);
  const ofTenant = db.prepare<[string], Row>(`${WEBHOOKS.select} WHERE tenant_id = ? ORDER BY created_at, rowid`);
  // For every event there is: only what is needed, for reading a column costs more than finding the row.
  const targets = db.prepare<[string], { id: string; url: string; events: string }>(
    "SELECT id, url, events FROM webhooks WHERE tenant_id = ?",
  );
  const remove = db.prepare<[string, string]>("DELETE FROM webhooks WHERE id = ? AND tenant_id = ?");
  const list = db.prepare<[string, number, string, number], Row>(
    `${WEBHOOKS.select} WHERE tenant_id = ? AND (created_at, id) < (?, ?) ORDER BY created_at DESC, id DESC LIMIT ?`,
  );
  return {
    save: (webhook) =>
      void save.run({
        ...webhook,
        events: JSON.stringify(webhook.events),
        declared: webhook.declared ? 1 : 0,
        previousSecret: webhook.previousSecret ?? null,
        previousSecretUntil: webhook.previousSecretUntil ?? null,
        createdAt: get.get(webhook.id)?.createdAt ?? webhook.createdAt,
      }),
    list(tenantId, page) {
      const { at, id } = placeOf("webhooks", page) ?? { at: Number.MAX_SAFE_INTEGER, id: "" };
      const found = list.all(tenantId, at, id, page.limit + 1);
      const { rows, nextCursor } = pageOf("webhooks", found, page.limit, (row) => ({ at: row.createdAt, id: row.id }));
      return { rows: rows.map(fromRow), nextCursor };
    },
    get(id) {
      const row = get.get(id);
      return row && fromRow(row);
    },
    ofTenant: (tenantId) => ofTenant.all(tenantId).map(fromRow),
    wanting: (tenantId, eventType) =>
      targets.all(tenantId).filter(({ events }) => wantsEvent(JSON.parse(events), eventType)),
    delete: (tenantId, id) => remove.run(id, tenantId).changes > 0,
  };
}

function fromRow(row: Row): WebhookRecord {
  const events: readonly string[] = JSON.parse(row.events);
  return { ...row, events, declared: row.declared === 1 };
}
