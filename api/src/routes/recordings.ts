/** Recordings as resources; their audio is `download.ts`. */
import { CodedError } from "@voepy/base";
import { type RecordingLinks, serializeRecording } from "@voepy/call-control";
import type { RecordingRecord, Store } from "@voepy/store";
import { z } from "zod";
import type { RecordingFiles } from "../io/recording-files.ts";
import { keyedRoute, nothing, type Route } from "../route.ts";
import { pageFields, serializePage } from "../serialize/page.ts";

const listQuery = z.strictObject({ call_id: z.string().min(1).max(128).optional(), ...pageFields });

export interface RecordingServices {
  readonly store: Store;
  readonly files: RecordingFiles;
  readonly links: RecordingLinks;
}

export function recordingRoutes(services: RecordingServices): Route[] {
  return [list(services), get(services), remove(services)];
}

async function existing(store: Store, tenantId: string, id: string): Promise<RecordingRecord> {
  const row = await store.recordings.get(tenantId, id);
  if (row === undefined) throw noRecording();
  return row;
}

function list({ store, links }: RecordingServices): Route {
  return keyedRoute({
    method: "get",
    path: "/v1/recordings",
    scope: "recordings:read",
    input: listQuery,
    doc: {
      operationId: "listRecordings",
      summary: "List recordings, of one call or of all",
      tag: "Recordings",
      success: { status: 200, schema: "RecordingList" },
      refusals: [],
    },
    run: async ({ tenantId, input: { call_id: callId, limit, cursor } }) => {
      const page = await store.recordings.list(tenantId, { callId }, { limit, cursor });
      return { status: 200, json: serializePage(page, (row) => serializeRecording(row, links)) };
    },
  });
}

function get({ store, links }: RecordingServices): Route {
  return keyedRoute({
    method: "get",
    path: "/v1/recordings/{id}",
    scope: "recordings:read",
    input: nothing,
    doc: {
      operationId: "getRecording",
      summary: "Get a recording with a fresh download link",
      tag: "Recordings",
      success: { status: 200, schema: "Recording" },
      refusals: ["not_found"],
    },
    run: async ({ tenantId, id }) => ({
      status: 200,
      json: serializeRecording(await existing(store, tenantId, id), links),
    }),
  });
}

function remove({ store, files }: RecordingServices): Route {
  return keyedRoute({
    method: "delete",
    path: "/v1/recordings/{id}",
    scope: "recordings:write",
    input: nothing,
    doc: {
      operationId: "deleteRecording",
      summary: "Delete a recording and its audio",
      tag: "Recordings",
      success: { status: 204 },
      refusals: ["not_found", "recording_not_ready"],
    },
    run: async ({ tenantId, id }) => {
      const row = await existing(store, tenantId, id);
      if (row.status === "recording" || row.status === "processing") throw notReady(row);
      // The audio first: should we die in between, the row is still there to ask again.
      await files.remove(row.path);
      if (!(await store.recordings.delete(tenantId, id))) throw noRecording();
      return { status: 204 };
    },
  });
}

export function noRecording(): CodedError {
  return new CodedError("not_found", "there is no such recording");
}

export function notReady(row: RecordingRecord): CodedError {
  return new CodedError("recording_not_ready", `this recording is ${row.status}`, { details: { status: row.status } });
}
