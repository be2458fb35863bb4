/** After a crash: calls that were alive end as `system_shutdown`, their recordings are mended and published. */
import { join } from "node:path";
import { messageOf } from "@voepy/base";
import type { RepairRecording } from "@voepy/media-engine";
import type { CallDetail, CallRecord, EventRecord, RecordingRecord } from "@voepy/store";
import { callFacts, type EventType, isLifecycle } from "./events.ts";
import { recordingData } from "./recordings.ts";
import { type JsonObject, serializeCall } from "./serialize/call.ts";
import type { CallControlOptions } from "./world.ts";

type RecoveryOptions = Pick<CallControlOptions, "clock" | "makeId" | "log" | "store" | "links" | "recordingsFolder"> & {
  readonly repair: RepairRecording;
};

/** Resolves with how many calls and recordings were found. Must run before the first call of this process. */
export async function recoverAfterCrash(options: RecoveryOptions): Promise<{ calls: number; recordings: number }> {
  const calls = await options.store.calls.unfinished();
  for (const detail of calls) await endCall(options, detail);
  const recordings = await options.store.recordings.unfinished();
  for (const row of recordings) await mend(options, row);
  if (calls.length + recordings.length > 0) {
    options.log.warn("the last run did not stop in order", {
      callsEnded: calls.length,
      recordingsMended: recordings.length,
    });
  }
  return { calls: calls.length, recordings: recordings.length };
}

async function endCall(options: RecoveryOptions, detail: CallDetail): Promise<void> {
  const now = options.clock.wallMs();
  const wasUsable = detail.call.answeredAt !== null;
  const status = wasUsable ? "ended" : "failed";
  const legs = detail.legs.map((leg) =>
    leg.endedAt === null ? ({ ...leg, status, endedAt: now, endReason: "system_shutdown" } as const) : leg,
  );
  const call: CallRecord = {
    ...detail.call,
    status,
    endedAt: now,
    endReason: "system_shutdown",
    endInitiator: "system",
    bridgeId: null,
    ratingStatus: "unrated",
    sequence: detail.call.sequence + 1,
  };
  await options.store.commit({
    calls: [call],
    legs,
    events: [eventOf(options, { type: "call.ended", detail: { ...detail, call, legs }, data: {}, legId: legs[0]?.id })],
  });
}

async function mend(options: RecoveryOptions, row: RecordingRecord): Promise<void> {
  const changed = await repaired(options, row);
  const detail = await options.store.calls.get(row.tenantId, row.callId);
  if (detail === undefined) {
    await options.store.commit({ recordings: [changed] });
    return;
  }
  const call = { ...detail.call, sequence: detail.call.sequence + 1 };
  const type = changed.status === "available" ? "recording.completed" : "recording.failed";
  await options.store.commit({
    calls: [call],
    recordings: [changed],
    events: [
      eventOf(options, {
        type,
        detail: { ...detail, call },
        data: recordingData(changed, options.links),
        legId: row.legId,
      }),
    ],
  });
}

async function repaired(options: RecoveryOptions, row: RecordingRecord): Promise<RecordingRecord> {
  try {
    const file = await options.repair({ path: join(options.recordingsFolder, row.path), format: row.format });
    if (file !== undefined)
      return { ...row, status: "available", durationMs: file.durationMs, sizeBytes: file.sizeBytes };
    return { ...row, status: "failed", error: "the server stopped before any audio was recorded" };
  } catch (thrown) {
    options.log.error("recording cannot be mended", { recording: row.id, why: messageOf(thrown) });
    return { ...row, status: "failed", error: messageOf(thrown) };
  }
}

interface Told {
  readonly type: EventType;
  readonly detail: CallDetail;
  readonly data: JsonObject;
  readonly legId: string | undefined;
}

function eventOf(options: RecoveryOptions, { type, detail, data, legId }: Told): EventRecord {
  const { call } = detail;
  return {
    id: options.makeId("evt"),
    tenantId: call.tenantId,
    callId: call.id,
    eventType: type,
    occurredAt: options.clock.wallMs(),
    sequence: call.sequence,
    data: JSON.stringify({
      ...callFacts(call, legId),
      ...data,
      ...(isLifecycle(type) ? { call: serializeCall(detail, options.links) } : {}),
    }),
    webhookUrl: call.webhookUrl,
  };
}
