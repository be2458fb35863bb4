import { pageOf, placeOf } from "../cursor.ts";
import type { Db } from "../db.ts";
import type { RecordingRecord } from "../records.ts";
import type { Page, PageRequest } from "../store.ts";
import { defineTable, rowSaver } from "../table.ts";

const RECORDINGS = defineTable<RecordingRecord>(
  "recordings",
  {
    id: "id",
    tenantId: "tenant_id",
    callId: "call_id",
    legId: "leg_id",
    channels: "channels",
    format: "format",
    status: "status",
    path: "path",
    durationMs: "duration_ms",
    sizeBytes: "size_bytes",
    error: "error",
    createdAt: "created_at",
  },
  ["tenantId", "callId", "createdAt"],
);

export interface RecordingsTable {
  save(recording: RecordingRecord): void;
  find(id: string): RecordingRecord | undefined;
  /** Oldest first. */
  ofCall(callId: string): readonly RecordingRecord[];
  list(tenantId: string, callId: string | undefined, page: PageRequest): Page<RecordingRecord>;
  delete(tenantId: string, id: string): boolean;
  unfinished(): readonly RecordingRecord[];
  /** Available ones made before `beforeMs`, oldest first. */
  expiring(beforeMs: number, limit: number): readonly RecordingRecord[];
}

/** Later than every time there is: the first page begins here. */
const BEYOND = { at: Number.MAX_SAFE_INTEGER, id: "" };

export function makeRecordingsTable(db: Db): RecordingsTable {
  const find = db.prepare<[string], RecordingRecord>(`${RECORDINGS.select} WHERE id = ?`);
  const ofCall = db.prepare<[string], RecordingRecord>(
    `${RECORDINGS.select} WHERE call_id = ? ORDER BY created_at, id`,
  );
  const newest = "(created_at, id) < (?, ?) ORDER BY created_at DESC, id DESC LIMIT ?";
  const list = db.prepare<[string, number, string, number], RecordingRecord>(
    `${RECORDINGS.select} WHERE tenant_id = ? AND ${newest}`,
  );
  const listOfCall = db.prepare<[string, string, number, string, number], RecordingRecord>(
    `${RECORDINGS.select} WHERE call_id = ? AND +tenant_id = ? AND ${newest}`,
  );
  const remove = db.prepare<[string, string]>("DELETE FROM recordings WHERE id = ? AND tenant_id = ?");
  const unfinished = db.prepare<[], RecordingRecord>(
    `${RECORDINGS.select} WHERE status IN ('recording', 'processing') ORDER BY created_at`,
  );
  const expiring = db.prepare<[number, number], RecordingRecord>(
    `${RECORDINGS.select} WHERE status = 'available' AND created_at < ? ORDER BY created_at LIMIT ?`,
  );
  return {
    save: rowSaver<RecordingRecord>(db, RECORDINGS),
    find: (id) => find.get(id),
    ofCall: (callId) => ofCall.all(callId),
    list(tenantId, callId, page) {
      const { at, id } = placeOf("recordings", page) ?? BEYOND;
      const found =
        callId === undefined
          ? list.all(tenantId, at, id, page.limit + 1)
          : listOfCall.all(callId, tenantId, at, id, page.limit + 1);
      return pageOf("recordings", found, page.limit, (row) => ({ at: row.createdAt, id: row.id }));
    },
    delete: (tenantId, id) => remove.run(id, tenantId).changes > 0,
    unfinished: () => unfinished.all(),
    expiring: (beforeMs, limit) => expiring.all(beforeMs, limit),
  };
}
