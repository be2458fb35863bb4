/** The gather of a call: the machine with its timer, and the event at its end. */
import type { LiveCall } from "../call/call.ts";
import type { World } from "../world.ts";
import {
  type Gather,
  type GatherOutcome,
  type GatherRules,
  onDeadline,
  onDigit,
  startGather,
} from "./gather-machine.ts";

export interface ActiveGather {
  /** voepy_gath_… */
  readonly id: string;
  state: Gather;
}

/** The caller has checked that none runs. Digits heard before it count when `buffered` holds them. */
export function beginGather(world: World, call: LiveCall, rules: GatherRules, buffered: string): void {
  call.gather = { id: world.makeId("gath"), state: startGather(rules, world.clock.nowMs()) };
  for (const digit of buffered) gatherDigit(world, call, digit);
  settle(world, call);
}

export function gatherDigit(world: World, call: LiveCall, digit: string): void {
  const gather = call.gather;
  if (gather === undefined) return;
  gather.state = onDigit(gather.state, digit, world.clock.nowMs());
  settle(world, call);
}

/** Ends it without a verdict of its own; nothing when none runs. */
export function cancelGather(call: LiveCall, status: "cancelled" | "call_hangup"): void {
  if (call.gather !== undefined) finish(call, call.gather, status);
}

function settle(world: World, call: LiveCall): void {
  const gather = call.gather;
  if (gather === undefined) return;
  if (gather.state.outcome !== undefined) {
    finish(call, gather, gather.state.outcome);
    return;
  }
  call.setTimer("gather", gather.state.deadlineMs - world.clock.nowMs(), () => {
    gather.state = onDeadline(gather.state, world.clock.nowMs());
    settle(world, call);
  });
}

function finish(call: LiveCall, gather: ActiveGather, status: GatherOutcome | "cancelled" | "call_hangup"): void {
  call.clearTimer("gather");
  call.gather = undefined;
  call.tell("call.gather_complete", { gather_id: gather.id, digits: gather.state.digits, status }, call.primary);
}
