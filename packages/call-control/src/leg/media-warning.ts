/** `call.media_warning`: once a condition and call, on legs that have been answered. */
import type { MediaEvent } from "@voepy/media-engine";
import { serializeLegStats } from "../serialize/leg-stats.ts";
import type { Leg } from "./leg.ts";

export function onMediaWarning(leg: Leg, event: Extract<MediaEvent, { type: "mediaWarning" }>): void {
  const { call } = leg;
  // Before the answer nobody has to speak yet; the engine tells again while it lasts.
  if (!leg.isAnswered || leg.isHeld || leg.isHeldByFar || call.mediaWarnings.has(event.reason)) return;
  call.mediaWarnings.add(event.reason);
  call.tell("call.media_warning", { reason: event.reason, stats: serializeLegStats(event.stats) }, leg);
}
