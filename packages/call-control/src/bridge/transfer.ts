/**
 * `transfer`: leg A keeps `answered` and hears B's early media or ringback until B answers, then both are
 * `bridged`. B failing leaves A up (SPEC 4.8).
 */
import { newLeg } from "../call/birth.ts";
import type { LiveCall, RecordWish } from "../call/call.ts";
import { endCall, endLeg } from "../call/end.ts";
import type { Failure } from "../leg/failure.ts";
import type { Leg } from "../leg/leg.ts";
import { type Outcome, startOutgoing } from "../leg/outgoing.ts";
import { makePlan, type PlanRequest } from "../leg/plan.ts";
import { playTone, playUrl, RINGBACK, stopPlayback } from "../playout.ts";
import { recordAsWished } from "../recordings.ts";
import type { StreamSpec } from "../stream/spec.ts";
import { streamAsWished } from "../stream/streaming.ts";
import type { World } from "../world.ts";
import { joinLegs, listenTo, stopListening } from "./bridge.ts";
import { leave } from "./leave.ts";

export interface TransferRequest extends Omit<PlanRequest, "tenantId"> {
  readonly timeoutMs: number;
  /** What leg A hears in place of ringback. */
  readonly audioUrl: string | undefined;
  readonly recordWish: RecordWish;
  /** Begins when the other party has answered. */
  readonly streamSpec: StreamSpec | undefined;
}

/** Places leg B. The call's other party, if it has one, is let go first. */
export function beginTransfer(world: World, call: LiveCall, request: TransferRequest): Leg {
  dropOtherParty(world, call);
  const { from, to } = request;
  const leg = newLeg(world, call, "transfer", {
    direction: "outbound",
    status: "initiated",
    from,
    to,
    sipCallId: null,
  });
  call.streamSpec = request.streamSpec;
  call.recordWish = request.recordWish;
  if (request.audioUrl !== undefined) playUrl(world, call.primary, { url: request.audioUrl, loop: 0 });
  else playTone(world, call.primary, RINGBACK);
  call.setTimer(ringTimer(leg), request.timeoutMs, () => {
    transferFailed(world, leg, { reason: "no_answer", sipCode: 408, sipReason: "Request Timeout", q850: null });
  });
  const plan = makePlan(world, { ...request, tenantId: call.record.tenantId });
  void startOutgoing(world, leg, plan, call.primary).then((outcome) => onTransferOutcome(world, leg, outcome));
  return leg;
}

export function onTransferOutcome(world: World, leg: Leg, outcome: Outcome): void {
  if (leg.isOver) return;
  switch (outcome.type) {
    case "none":
      return;
    case "ringing":
      if (leg.record.status === "initiated") leg.patch({ status: "ringing" });
      recordAsWished(world, leg.call.primary, "on_ringing");
      return;
    case "earlyMedia":
      leg.patch({ status: "ringing" });
      stopPlayback(leg.call.primary, "all");
      listenTo(world, leg.call.primary, leg);
      recordAsWished(world, leg.call.primary, "on_ringing");
      return;
    case "answered":
      transferAnswered(world, leg);
      return;
    case "failed":
      transferFailed(world, leg, outcome.failure);
  }
}

function transferAnswered(world: World, leg: Leg): void {
  const { call } = leg;
  call.clearTimer(ringTimer(leg));
  stopListening(world, leg);
  stopPlayback(call.primary, "all");
  leg.patch({ status: "answered", answeredAt: world.clock.wallMs() });
  joinLegs(world, [call.primary, leg]);
  recordAsWished(world, call.primary, "on_answer");
  streamAsWished(world, call.primary, call.streamSpec);
  call.streamSpec = undefined;
}

function transferFailed(world: World, leg: Leg, failure: Failure): void {
  const { call } = leg;
  if (leg.isOver) return;
  call.clearTimer(ringTimer(leg));
  endLeg(world, leg, { reason: failure.reason, initiator: "callee" });
  if (call.isOver) return;
  stopPlayback(call.primary, "all");
  call.tell(
    "call.transfer_failed",
    { to: leg.record.to, reason: failure.reason, sip_code: failure.sipCode, sip_reason: failure.sipReason },
    leg,
  );
  // With no program behind the number, nobody is left to decide.
  if (call.owner === "number") endCall(world, call, { reason: "completed", initiator: "system" });
}

/** A second transfer replaces the first: B of before is hung up, A is `answered` again. */
function dropOtherParty(world: World, call: LiveCall): void {
  if (call.primary.bridge !== undefined) {
    const orphans = leave(world, call.primary);
    call.primary.patch({ status: "answered" });
    call.advance("unbridged", { bridgeId: null });
    for (const orphan of orphans) {
      if (orphan.call === call) endLeg(world, orphan, { reason: "completed", initiator: "api" });
      else endCall(world, orphan.call, { reason: "completed", initiator: "api" });
    }
  }
  for (const leg of call.legs) {
    if (leg.role !== "transfer" || leg.isOver) continue;
    call.clearTimer(ringTimer(leg));
    endLeg(world, leg, { reason: "canceled", initiator: "api" });
  }
}

const ringTimer = (leg: Leg): string => `ring ${leg.id}`;
