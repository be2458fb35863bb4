/** Every event that can become a webhook, and what its `data` always says. */
import type { CallRecord } from "@voepy/store";
import type { JsonObject } from "./serialize/call.ts";

export type EventType =
  | "call.started"
  | "call.ringing"
  | "call.answered"
  | "call.bridged"
  | "call.unbridged"
  | "call.transfer_failed"
  | "call.refer_started"
  | "call.refer_completed"
  | "call.refer_failed"
  | "call.held"
  | "call.resumed"
  | "call.ended"
  | "call.media_warning"
  | "call.dtmf_received"
  | "call.gather_complete"
  | "call.playback_started"
  | "call.playback_ended"
  | "conference.participant_joined"
  | "conference.participant_left"
  | "call.speak_started"
  | "call.speak_ended"
  | "streaming.started"
  | "streaming.stopped"
  | "streaming.failed"
  | "recording.completed"
  | "recording.failed";

/** Events that tell of the call's life carry the whole Call. */
const LIFECYCLE: ReadonlySet<EventType> = new Set([
  "call.started",
  "call.ringing",
  "call.answered",
  "call.bridged",
  "call.unbridged",
  "call.ended",
]);

export function isLifecycle(type: EventType): boolean {
  return LIFECYCLE.has(type);
}

/** What every event of a call says of it; absent values are left out. */
export function callFacts(call: CallRecord, legId: string | undefined): JsonObject {
  return {
    call_id: call.id,
    ...(legId === undefined ? {} : { leg_id: legId }),
    direction: call.direction,
    status: call.status,
    from: call.from,
    to: call.to,
    ...(call.routeId === null ? {} : { route_id: call.routeId }),
    ...(call.bridgeId === null ? {} : { bridge_id: call.bridgeId }),
    ...(call.customerReference === null ? {} : { customer_reference: call.customerReference }),
    ...(call.clientState === null ? {} : { client_state: call.clientState }),
  };
}
