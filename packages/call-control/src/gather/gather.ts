/** The gather of a call: the machine with its timer and its prompt, and the event at its end. */
import { CodedError } from "@voepy/base";
import type { LiveCall } from "../call/call.ts";
import { type PromptSource, queuePrompt, stopPrompt } from "../playout.ts";
import type { World } from "../world.ts";
import {
  type Gather,
  type GatherOutcome,
  type GatherRules,
  onDeadline,
  onDigit,
  onPromptEnded,
  startGather,
} from "./gather-machine.ts";

export interface GatherPrompts {
  readonly prompt: PromptSource;
  /** Heard before the prompt when an entry was bad; the prompt alone when there is none. */
  readonly invalid: PromptSource | undefined;
}

export interface ActiveGather {
  /** voepy_gath_… */
  readonly id: string;
  readonly prompts: GatherPrompts | undefined;
  /** Prompts of this try that have not ended. */
  readonly playing: Set<string>;
  state: Gather;
}

/** Throws CodedError `gather_in_progress`. */
export function refuseSecondGather(call: LiveCall): void {
  if (call.gather === undefined) return;
  throw new CodedError("gather_in_progress", `call ${call.id} is gathering digits already`, {
    details: { gather_id: call.gather.id },
  });
}

/** The digits heard so far, if they are wanted; they are forgotten either way. */
export function takeBuffered(call: LiveCall, areWanted: boolean): string {
  const buffered = areWanted ? call.bufferedDigits : "";
  call.bufferedDigits = "";
  return buffered;
}

/** The caller has checked that none runs. Digits heard before it count when `buffered` holds them. */
export function beginGather(
  world: World,
  call: LiveCall,
  request: { rules: GatherRules; prompts: GatherPrompts | undefined; buffered: string },
): void {
  const state = startGather(request.rules, world.clock.nowMs());
  call.gather = { id: world.makeId("gath"), prompts: request.prompts, playing: new Set(), state };
  if (state.phase === "prompting" && request.buffered === "") playPrompts(world, call, call.gather);
  settle(world, call);
  for (const digit of request.buffered) gatherDigit(world, call, digit);
}

export function gatherDigit(world: World, call: LiveCall, digit: string): void {
  if (call.gather !== undefined) step(world, call, onDigit(call.gather.state, digit, world.clock.nowMs()));
}

/** A prompt of the call has ended; the last of a try's opens the collecting. */
function gatherPromptEnded(world: World, call: LiveCall, prompt: string): void {
  const gather = call.gather;
  if (gather === undefined || !gather.playing.delete(prompt) || gather.playing.size > 0) return;
  step(world, call, onPromptEnded(gather.state, world.clock.nowMs()));
}

/** Ends it without a verdict of its own; nothing when none runs. */
export function cancelGather(call: LiveCall, status: "cancelled" | "call_hangup"): void {
  if (call.gather !== undefined) finish(call, call.gather, status);
}

function step(world: World, call: LiveCall, state: Gather): void {
  const gather = call.gather;
  if (gather === undefined) return;
  const isNewTry = state.tries > gather.state.tries;
  gather.state = state;
  // The first digit cuts the prompt; so does whatever ends the gather.
  if (state.phase === "collecting" || isNewTry || state.outcome !== undefined) stopPrompts(call, gather);
  if (isNewTry && state.phase === "prompting") playPrompts(world, call, gather);
  settle(world, call);
}

function settle(world: World, call: LiveCall): void {
  const gather = call.gather;
  if (gather === undefined) return;
  if (gather.state.outcome !== undefined) {
    finish(call, gather, gather.state.outcome);
    return;
  }
  call.clearTimer("gather");
  if (gather.state.deadlineMs === Number.POSITIVE_INFINITY) return;
  call.setTimer("gather", gather.state.deadlineMs - world.clock.nowMs(), () => {
    step(world, call, onDeadline(gather.state, world.clock.nowMs()));
  });
}

function playPrompts(world: World, call: LiveCall, gather: ActiveGather): void {
  if (gather.prompts === undefined) return;
  const { prompt, invalid } = gather.prompts;
  const sources = gather.state.tries > 1 && invalid !== undefined ? [invalid, prompt] : [prompt];
  const onEnded = (ended: string): void => gatherPromptEnded(world, call, ended);
  for (const source of sources) gather.playing.add(queuePrompt(world, call.primary, { source, loop: 1, onEnded }));
}

function stopPrompts(call: LiveCall, gather: ActiveGather): void {
  const prompts = [...gather.playing];
  gather.playing.clear();
  for (const prompt of prompts) stopPrompt(call.primary, prompt);
}

function finish(call: LiveCall, gather: ActiveGather, status: GatherOutcome | "cancelled" | "call_hangup"): void {
  call.clearTimer("gather");
  call.gather = undefined;
  if (status !== "call_hangup") stopPrompts(call, gather);
  call.tell("call.gather_complete", { gather_id: gather.id, digits: gather.state.digits, status }, call.primary);
}
