import type { Db } from "../db.ts";
import type { MediaRecord } from "../records.ts";
import { defineTable } from "../table.ts";
import { type ConfiguredTable, makeConfiguredTable } from "./configured.ts";

const MEDIA = defineTable<MediaRecord>("media", {
  id: "id",
  tenantId: "tenant_id",
  name: "name",
  format: "format",
  path: "path",
  sizeBytes: "size_bytes",
  durationMs: "duration_ms",
  createdAt: "created_at",
});

export interface MediaTable extends ConfiguredTable<MediaRecord> {
  byName(tenantId: string, name: string): MediaRecord | undefined;
}

export function makeMediaTable(db: Db, now: () => number): MediaTable {
  const byName = db.prepare<[string, string], MediaRecord>(`${MEDIA.select} WHERE tenant_id = ? AND name = ?`);
  return {
    ...makeConfiguredTable<MediaRecord, MediaRecord>(db, now, {
      table: MEDIA,
      sameAs: "tenant_id = @tenantId AND name = @name",
      toStored: (media) => media,
      fromStored: (row) => row,
    }),
    byName: (tenantId, name) => byName.get(tenantId, name),
  };
}
