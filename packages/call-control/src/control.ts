/** Call control itself: events of SIP and media go to the leg they are of, verbs to the call they name. */
import { CodedError, messageOf, unreachable } from "@voepy/base";
import type { MediaEvent } from "@voepy/media-engine";
import type { SipEvent } from "@voepy/sip-stack";
import type { CallDetail, EndInitiator, RouteRecord } from "@voepy/store";
import { onReferEvent } from "./bridge/refer.ts";
import { onTransferOutcome } from "./bridge/transfer.ts";
import type { LiveCall } from "./call/call.ts";
import { endCall, legGone } from "./call/end.ts";
import { Figures } from "./call/figures.ts";
import { Registry } from "./call/registry.ts";
import { callStats } from "./call/stats.ts";
import { type Conferences, makeConferences } from "./conferences.ts";
import { dial, onDialOutcome } from "./dial.ts";
import { gatherDigit } from "./gather/gather.ts";
import { onConfirmed, onInvite } from "./inbound.ts";
import { RecordingFolder } from "./io/recording-folder.ts";
import type { Leg } from "./leg/leg.ts";
import { onMediaWarning } from "./leg/media-warning.ts";
import { type Outcome, onAnswered, onFailed, onProgress } from "./leg/outgoing.ts";
import { onOffer, onOfferAnswered } from "./leg/reoffer.ts";
import { onPlayoutEnded, onPlayoutStarted } from "./playout.ts";
import { PromptLibrary } from "./prompts.ts";
import { onRecordingClosed, onRecordingFailed } from "./recordings.ts";
import { RouteDesk } from "./routes/route-desk.ts";
import type { RouteState } from "./routes/route-state.ts";
import type { CallControl } from "./services.ts";
import { serializeStream } from "./stream/serialize.ts";
import { onFork } from "./stream/streaming.ts";
import { Streams } from "./stream/streams.ts";
import { verbs } from "./verbs/index.ts";
import type { AnyVerb } from "./verbs/verb.ts";
import type { CallControlOptions, World } from "./world.ts";

/** Digits kept for a gather with `use_buffered_digits`. */
const BUFFERED_DIGITS = 128;

export interface RunningCallControl extends CallControl {
  readonly conferences: Conferences;
  onSipEvent(event: SipEvent): void;
  /** Health, registration and use of a route at this moment. */
  routeState(route: RouteRecord): RouteState;
  /** Literal addresses that a gateway's host name is known to have. */
  gatewayAddresses(host: string): readonly string[];
  /** The directory has other routes than before: they are pinged and registered from now on. */
  routesChanged(): void;
  /** Before SIP closes: no more pings, registrations are taken back. */
  leaveRoutes(): Promise<void>;
  /** Ends every call as `system_shutdown`; resolves when that is stored and every recording is closed or `withinMs` has passed. */
  endAll(withinMs: number): Promise<void>;
}

export function makeCallControl(options: CallControlOptions): RunningCallControl {
  const registry = new Registry();
  const world: World = {
    ...options,
    registry,
    routes: new RouteDesk({ ...options, registry }),
    prompts: new PromptLibrary(options),
    recordings: new RecordingFolder(options.recordingsFolder),
    streams: new Streams(),
    figures: new Figures(),
  };
  const table = new Map(verbs.map((verb) => [verb.name, verb]));
  world.media.onEvent((event) => onMediaEvent(world, event));
  world.routes.refresh();
  return {
    conferences: makeConferences(world),
    dial: (tenantId, body, idempotency) => dial(world, tenantId, body, idempotency),
    act: (tenantId, callId, name, body) => act(world, table, { tenantId, callId, name }, body),
    streamings: (tenantId, callId) => world.streams.ofCall(tenantId, callId).map(serializeStream),
    stats: (tenantId, callId) => callStats(world, tenantId, callId),
    liveCalls: () => world.registry.live().length,
    onSipEvent: (event) => onSipEvent(world, event),
    routeState: (route) => world.routes.stateOf(route),
    gatewayAddresses: (host) => world.routes.addressesOf(host),
    routesChanged: () => world.routes.refresh(),
    leaveRoutes: () => world.routes.close(),
    endAll: (withinMs) => endAll(world, withinMs),
  };
}

async function act(
  world: World,
  table: ReadonlyMap<string, AnyVerb>,
  target: { tenantId: string; callId: string; name: string },
  body: unknown,
): Promise<CallDetail> {
  const verb = table.get(target.name);
  if (verb === undefined) throw new CodedError("not_found", `there is no verb ${target.name}`);
  const call = await findCall(world, target);
  const { client_state, command_id } = body as { client_state?: string; command_id?: string };
  if (command_id !== undefined && call.commandsDone.has(command_id)) return call.detail();
  checkState(verb, call);
  if (command_id !== undefined) call.commandsDone.add(command_id);
  if (client_state !== undefined) call.patch({ clientState: client_state });
  try {
    await verb.run({ world, call }, body);
  } catch (thrown) {
    // What was refused may be tried again under the same id.
    if (command_id !== undefined) call.commandsDone.delete(command_id);
    throw thrown;
  }
  call.clearTimer("firstCommand");
  await call.flushed();
  return call.detail();
}

async function findCall(world: World, target: { tenantId: string; callId: string }): Promise<LiveCall> {
  const call = world.registry.calls.get(target.callId);
  if (call !== undefined && call.record.tenantId === target.tenantId && !call.isOver) return call;
  const stored = await world.store.calls.get(target.tenantId, target.callId);
  if (stored === undefined) throw new CodedError("not_found", `call ${target.callId} does not exist`);
  throw new CodedError("call_already_ended", `call ${target.callId} is over (${stored.call.status})`, {
    details: { status: stored.call.status, end_reason: stored.call.endReason },
  });
}

function checkState(verb: AnyVerb, call: LiveCall): void {
  const { status, direction } = call.record;
  if (verb.from.includes(status) && (verb.direction === undefined || verb.direction === direction)) return;
  const which = verb.direction === undefined ? "" : ` ${verb.direction}`;
  throw new CodedError(
    "call_not_in_required_state",
    `${verb.name} needs an${which} call that is ${verb.from.join(" or ")}; this ${direction} call is ${status}`,
    {
      details: {
        status,
        allowed_from: verb.from,
        ...(verb.direction === undefined ? {} : { direction: verb.direction }),
      },
    },
  );
}

function onSipEvent(world: World, event: SipEvent): void {
  if (event.type === "invite") {
    onInvite(world, event);
    return;
  }
  if (event.type === "bindings") return;
  if (event.type === "pinged" || event.type === "registered") {
    world.routes.onSipEvent(event);
    return;
  }
  const leg = world.registry.sessions.get(event.session);
  if (leg === undefined) return;
  switch (event.type) {
    case "progress":
      onOutcome(world, leg, onProgress(leg, event));
      return;
    case "answered":
      onOutcome(world, leg, onAnswered(world, leg, event));
      return;
    case "failed":
      onOutcome(world, leg, onFailed(world, leg, event, leg.role === "transfer" ? leg.call.primary : undefined));
      return;
    case "cancelled":
      endCall(world, leg.call, { reason: "canceled", initiator: "caller", sipCode: 487, q850: event.q850 });
      return;
    case "confirmed":
      onConfirmed(world, leg, event.sdp);
      return;
    case "offer":
      onOffer(world, leg, event.sdp);
      return;
    case "offerAnswered":
      onOfferAnswered(world, leg, event.sdp);
      return;
    case "offerRefused":
      world.log.info("offer refused by the far end", { call: leg.call.id, leg: leg.id, status: event.status });
      return;
    case "ended":
      onEnded(world, leg, event);
      return;
    case "info":
      onInfo(world, leg, event);
      return;
    case "refer":
      // Nobody is called on a far end's word.
      world.sip.answerRefer(event.session, { status: 603 });
      return;
    case "referAccepted":
    case "referNotify":
    case "referFailed":
      onReferEvent(world, leg, event);
      return;
    default:
      unreachable(event);
  }
}

/** A gateway without telephone-events says digits this way; one that has both would say each twice. */
function onInfo(world: World, leg: Leg, event: Extract<SipEvent, { type: "info" }>): void {
  world.log.debug("INFO", { call: leg.call.id, leg: leg.id, contentType: event.contentType });
  if (event.digit !== undefined && leg.audio?.telephoneEvent === undefined) onDigit(world, leg, event.digit.digit);
}

function onOutcome(world: World, leg: Leg, outcome: Outcome): void {
  if (leg.role === "primary") onDialOutcome(world, leg.call, outcome);
  else onTransferOutcome(world, leg, outcome);
}

function onEnded(world: World, leg: Leg, event: Extract<SipEvent, { type: "ended" }>): void {
  const initiator: EndInitiator = leg.record.direction === "inbound" ? "caller" : "callee";
  if (event.cause === "bye") legGone(world, leg, { reason: "completed", initiator, q850: event.q850 });
  else legGone(world, leg, { reason: "carrier_error", initiator: "system", sipReason: event.cause, q850: event.q850 });
}

function onMediaEvent(world: World, event: MediaEvent): void {
  switch (event.type) {
    case "recordingClosed":
      onRecordingClosed(world, event);
      return;
    case "recordingFailed":
      onRecordingFailed(world, event);
      return;
    case "forkStarted":
    case "forkStopped":
    case "forkFailed":
      onFork(world, event);
      return;
    case "workerLost":
      for (const id of event.legs) {
        const leg = world.registry.legs.get(id);
        if (leg !== undefined)
          legGone(world, leg, { reason: "carrier_error", initiator: "system", sipReason: "media worker lost" });
      }
      return;
    default: {
      const leg = world.registry.legs.get(event.leg);
      if (leg !== undefined && !leg.isOver) onLegMedia(world, leg, event);
    }
  }
}

type LegEvent = Exclude<Extract<MediaEvent, { leg: string }>, { stream: string }>;

function onLegMedia(world: World, leg: Leg, event: LegEvent): void {
  switch (event.type) {
    case "digit":
      onDigit(world, leg, event.digit);
      return;
    case "playoutStarted":
      onPlayoutStarted(leg, event);
      return;
    case "playoutEnded":
      onPlayoutEnded(leg, event);
      return;
    case "rtpSilent":
      world.log.warn("no audio received", { call: leg.call.id, leg: leg.id, silentMs: event.silentMs });
      legGone(world, leg, { reason: "media_timeout", initiator: "system" });
      return;
    case "mediaWarning":
      onMediaWarning(leg, event);
      return;
    case "rtpStarted":
    case "digitsSent":
      world.log.debug(event.type, { call: leg.call.id, leg: leg.id });
      return;
    default:
      unreachable(event);
  }
}

function onDigit(world: World, leg: Leg, digit: string): void {
  const { call } = leg;
  call.tell("call.dtmf_received", { digit }, leg);
  if (leg.role !== "primary") return;
  if (call.gather === undefined) call.bufferedDigits = (call.bufferedDigits + digit).slice(-BUFFERED_DIGITS);
  else gatherDigit(world, call, digit);
}

async function endAll(world: World, withinMs: number): Promise<void> {
  const calls = [...world.registry.calls.values()];
  for (const call of calls) endCall(world, call, { reason: "system_shutdown", initiator: "system" });
  const deadlineMs = world.clock.nowMs() + withinMs;
  while (world.registry.recordings.size > 0 && world.clock.nowMs() < deadlineMs) await pause(world, 20);
  for (const call of calls) {
    await call
      .flushed()
      .catch((thrown: unknown) => world.log.error("call not stored", { call: call.id, why: messageOf(thrown) }));
  }
}

function pause(world: World, ms: number): Promise<void> {
  return new Promise((resolve) => world.clock.schedule(world.clock.nowMs() + ms, resolve));
}
