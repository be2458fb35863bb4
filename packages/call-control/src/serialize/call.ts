/** Rows to the JSON of the API reference. Wire names are made here and nowhere else. */
import { isoTime } from "@voepy/base";
import type { CallDetail, CallRecord, LegRecord, RecordingRecord } from "@voepy/store";
import type { RecordingLinks } from "./links.ts";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

const timeOrNull = (wallMs: number | null): string | null => (wallMs === null ? null : isoTime(wallMs));

/** Whole seconds between answer and end, as bills count them: started seconds are not counted. */
function durationSeconds(answeredAt: number | null, endedAt: number | null): number | null {
  return answeredAt === null || endedAt === null ? null : Math.round((endedAt - answeredAt) / 1000);
}

export function serializeLeg(leg: LegRecord): JsonObject {
  return {
    id: leg.id,
    call_id: leg.callId,
    direction: leg.direction,
    status: leg.status,
    from: leg.from,
    to: leg.to,
    sip_call_id: leg.sipCallId,
    started_at: isoTime(leg.startedAt),
    answered_at: timeOrNull(leg.answeredAt),
    ended_at: timeOrNull(leg.endedAt),
    end_reason: leg.endReason,
  };
}

export function serializeRecording(row: RecordingRecord, links: RecordingLinks): JsonObject {
  return {
    id: row.id,
    call_id: row.callId,
    leg_id: row.legId,
    channels: row.channels,
    format: row.format,
    duration_seconds: row.durationMs === null ? null : Math.round(row.durationMs / 1000),
    duration_millis: row.durationMs,
    size_bytes: row.sizeBytes,
    download_url: row.status === "available" ? links.recordingUrl(row.id) : null,
    status: row.status,
    created_at: isoTime(row.createdAt),
  };
}

/** A row of `GET /v1/calls`: the Call without legs and recordings. */
export function serializeCallRow(call: CallRecord): JsonObject {
  return {
    id: call.id,
    direction: call.direction,
    status: call.status,
    from: call.from,
    to: call.to,
    route_id: call.routeId,
    initiated_at: isoTime(call.initiatedAt),
    answered_at: timeOrNull(call.answeredAt),
    ended_at: timeOrNull(call.endedAt),
    duration_seconds: durationSeconds(call.answeredAt, call.endedAt),
    end_reason: call.endReason,
    end_initiator: call.endInitiator,
    sip_code: call.sipCode,
    sip_reason: call.sipReason,
    q850_cause: call.q850Cause,
    customer_reference: call.customerReference,
    client_state: call.clientState,
    bridge_id: call.bridgeId,
    cost_cents: call.costCents,
    rating_status: call.ratingStatus,
  };
}

export function serializeCall(detail: CallDetail, links: RecordingLinks): JsonObject {
  return {
    ...serializeCallRow(detail.call),
    legs: detail.legs.map(serializeLeg),
    recordings: detail.recordings.map((row) => serializeRecording(row, links)),
  };
}
