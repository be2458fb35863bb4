/** How calls and legs end: one place, so that nothing outlives its call. */
import { type EndInitiator, type EndReason } from "@voepy/store";
import { stopListening } from "../bridge/bridge.ts";
import { leave } from "../bridge/leave.ts";
import { cancelGather } from "../gather/gather.ts";
import type { Leg } from "../leg/leg.ts";
import { stopAttempts } from "../leg/outgoing.ts";
import { endPrompts } from "../playout.ts";
import { endStreams } from "../stream/streaming.ts";
import type { World } from "../world.ts";
import type { LiveCall } from "./call.ts";
import { keepFigures } from "./stats.ts";

export interface Ending {
  readonly reason: EndReason;
  readonly initiator: EndInitiator;
  readonly sipCode?: number | null | undefined;
  readonly sipReason?: string | null | undefined;
  readonly q850?: number | null | undefined;
  /** What an inbound caller that was never answered is told. */
  readonly refusal?: { readonly status: number; readonly reason: string } | undefined;
}

/** Ends every leg and the call, once; later calls do nothing. */
export function endCall(world: World, call: LiveCall, ending: Ending): void {
  if (call.isOver || call.isEnding) return;
  call.isEnding = true;
  const now = world.clock.wallMs();
  call.clearTimers();
  cancelGather(call, "call_hangup");
  endPrompts(call);
  endStreams(world, call);
  for (const leg of call.legs) endLeg(world, leg, ending);
  call.advance("over", {
    endedAt: now,
    endReason: ending.reason,
    endInitiator: ending.initiator,
    sipCode: ending.sipCode ?? (call.record.answeredAt === null ? null : 200),
    sipReason: ending.sipReason ?? null,
    q850Cause: ending.q850 ?? null,
    bridgeId: null,
    ratingStatus: "unrated",
  });
  world.log.info("call over", { call: call.id, reason: ending.reason, initiator: ending.initiator });
  world.registry.releaseIfDone(call);
  world.traces.end(call.id);
}

/** Ends one leg: its signalling, its media, its place in a bridge. Its call goes on unless a rule of bridges says otherwise. */
export function endLeg(world: World, leg: Leg, ending: Ending): void {
  if (leg.isOver) return;
  const wasAnswered = leg.isAnswered;
  hangUpSignalling(world, leg, wasAnswered, ending);
  leg.patch({
    status: wasAnswered ? "ended" : "failed",
    endedAt: world.clock.wallMs(),
    endReason: ending.reason,
  });
  if (leg.role === "transfer" && !wasAnswered) stopListening(world, leg);
  const orphans = leave(world, leg);
  closeMedia(world, leg);
  // When one side hangs up the other ends too, unless it asked to be parked.
  for (const orphan of orphans) {
    if (orphan.call !== leg.call)
      endCall(world, orphan.call, { reason: "completed", initiator: ending.initiator === "api" ? "api" : "system" });
    else endCall(world, leg.call, { reason: "completed", initiator: ending.initiator });
  }
}

function hangUpSignalling(world: World, leg: Leg, wasAnswered: boolean, ending: Ending): void {
  stopAttempts(world, leg, []);
  leg.outgoing = undefined;
  if (leg.session === undefined) return;
  world.registry.sessions.delete(leg.session);
  // A session the far end already ended makes these no-ops.
  if (wasAnswered) world.sip.bye(leg.session, { headers: reasonHeaders(ending) });
  else if (leg.record.direction === "inbound") {
    world.sip.refuse(leg.session, ending.refusal ?? { status: 480, reason: "Temporarily Unavailable" });
  }
  leg.session = undefined;
}

/** RFC 3326: tells a trunk why. */
function reasonHeaders(ending: Ending): { name: string; value: string }[] {
  const cause = ending.q850 ?? (ending.reason === "completed" ? 16 : 31);
  return [{ name: "Reason", value: `Q.850;cause=${cause}` }];
}

function closeMedia(world: World, leg: Leg): void {
  const media = leg.media;
  if (media === undefined) return;
  for (const row of leg.call.recordings.values()) {
    if (row.legId === leg.id && row.status === "recording") leg.call.saveRecording({ ...row, status: "processing" });
  }
  leg.media = undefined;
  media.close().then(
    (stats) => {
      keepFigures(world, leg, stats);
      world.log.debug("leg media", {
        call: leg.call.id,
        leg: leg.id,
        rx: stats.rxPackets,
        tx: stats.txPackets,
        lost: stats.rxLost,
      });
    },
    (thrown: unknown) => world.log.warn("media leg did not close", { call: leg.call.id, leg: leg.id, error: thrown }),
  );
}

/** The far end is gone: what that means for its call. */
export function legGone(world: World, leg: Leg, ending: Ending): void {
  if (leg === leg.call.primary) {
    endCall(world, leg.call, ending);
    return;
  }
  endLeg(world, leg, ending);
}
