/** Recordings of a call: the row, the file, the event when it is complete. */
import { CodedError, isoTime, messageOf } from "@voepy/base";
import type { MediaEvent } from "@voepy/media-engine";
import type { RecordingRecord } from "@voepy/store";
import type { LiveCall } from "./call/call.ts";
import type { Leg } from "./leg/leg.ts";
import { playTone, RECORD_BEEP } from "./playout.ts";
import { type JsonObject, serializeRecording } from "./serialize/call.ts";
import type { RecordingLinks } from "./serialize/links.ts";
import type { World } from "./world.ts";

export interface RecordingOptions {
  readonly channels: "single" | "dual";
  readonly format: "mp3" | "wav";
  readonly maxMs: number | undefined;
  readonly beep: boolean;
}

export function activeRecording(call: LiveCall): RecordingRecord | undefined {
  return [...call.recordings.values()].find((row) => row.status === "recording");
}

/** Throws CodedError `recording_in_progress` when the call is being recorded already. */
export function startRecording(world: World, leg: Leg, options: RecordingOptions): RecordingRecord {
  const { call } = leg;
  const running = activeRecording(call);
  if (running !== undefined) {
    throw new CodedError("recording_in_progress", `call ${call.id} is being recorded already (${running.id})`, {
      details: { recording_id: running.id },
    });
  }
  const id = world.makeId("rec");
  const now = world.clock.wallMs();
  const row: RecordingRecord = {
    id,
    tenantId: call.record.tenantId,
    callId: call.id,
    legId: leg.id,
    channels: options.channels,
    format: options.format,
    status: "recording",
    path: `${isoTime(now).slice(0, 10)}/${id}.${options.format}`,
    durationMs: null,
    sizeBytes: null,
    error: null,
    createdAt: now,
  };
  const path = world.recordings.place(row.path);
  call.saveRecording(row);
  world.registry.recordings.set(id, call);
  if (options.beep) playTone(world, leg, RECORD_BEEP);
  leg.media?.startRecording({
    recording: id,
    path,
    format: options.format,
    channels: options.channels,
    maxMs: options.maxMs,
  });
  return row;
}

/** Throws CodedError `call_not_in_required_state` when nothing is being recorded. */
export function setRecordingPaused(call: LiveCall, on: boolean): void {
  const running = needRecording(call);
  call.legs.find((leg) => leg.id === running.legId)?.media?.setRecordingPaused(running.id, on);
}

function needRecording(call: LiveCall): RecordingRecord {
  const running = activeRecording(call);
  if (running !== undefined) return running;
  throw new CodedError("call_not_in_required_state", `call ${call.id} is not being recorded`, {
    details: { status: call.record.status },
  });
}

/** The file is finished in its own time; `recording.completed` says when. */
export function stopRecording(call: LiveCall): void {
  const running = needRecording(call);
  call.saveRecording({ ...running, status: "processing" });
  const leg = call.legs.find((candidate) => candidate.id === running.legId);
  leg?.media?.stopRecording(running.id);
}

/**
 * What `record` on dial, answer or transfer asked for, when its moment has come: once, so that a recording that was
 * stopped does not begin again. An answer without ringing before it is both moments. A failure is told; the call goes on.
 */
export function recordAsWished(world: World, leg: Leg, moment: "on_ringing" | "on_answer"): void {
  const { call } = leg;
  const wish = call.recordWish;
  const isDue = wish.record === moment || (wish.record === "on_ringing" && moment === "on_answer");
  if (!isDue || leg.media === undefined) return;
  call.recordWish = { ...wish, record: "off" };
  if (activeRecording(call) !== undefined) return;
  const { record_channels: channels, record_format: format } = wish;
  try {
    startRecording(world, leg, { channels, format, maxMs: undefined, beep: false });
  } catch (thrown) {
    const error = messageOf(thrown);
    world.log.error("recording cannot begin", { call: call.id, leg: leg.id, why: error });
    call.tell("recording.failed", { error }, leg);
  }
}

export function onRecordingClosed(world: World, event: Extract<MediaEvent, { type: "recordingClosed" }>): void {
  const { durationMs, sizeBytes } = event;
  settle(world, event.recording, (row) => ({ ...row, status: "available", durationMs, sizeBytes }));
}

export function onRecordingFailed(world: World, event: Extract<MediaEvent, { type: "recordingFailed" }>): void {
  world.log.error("recording failed", { recording: event.recording, why: event.error });
  settle(world, event.recording, (row) => ({ ...row, status: "failed", error: event.error }));
}

function settle(world: World, id: string, change: (row: RecordingRecord) => RecordingRecord): void {
  const call = world.registry.recordings.get(id);
  const row = call?.recordings.get(id);
  world.registry.recordings.delete(id);
  if (call === undefined || row === undefined) return;
  const changed = change(row);
  call.saveRecording(changed);
  call.tell(
    changed.status === "available" ? "recording.completed" : "recording.failed",
    recordingData(changed, world.links),
    call.legs.find((leg) => leg.id === row.legId),
  );
  world.registry.releaseIfDone(call);
}

/** `data` of recording events: the Recording, and what went wrong. */
export function recordingData(row: RecordingRecord, links: RecordingLinks): JsonObject {
  return {
    recording_id: row.id,
    recording: serializeRecording(row, links),
    ...(row.error === null ? {} : { error: row.error }),
  };
}
