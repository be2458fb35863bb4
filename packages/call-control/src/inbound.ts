/** A call is born here, or in `dial.ts`: an INVITE from a route or a registered user. */
import { CodedError, messageOf, randomUint32, shortNumber } from "@voepy/base";
import { contactUserOf, incomingNumber, normaliseNumber, optionsOf } from "@voepy/policy";
import { answerOffer, type Header, makeOffer, parseUri, readAnswer, type SipEvent } from "@voepy/sip-stack";
import type { InboundAction, NumberRecord, RouteRecord } from "@voepy/store";
import { joinByName } from "./bridge/conference.ts";
import { beginTransfer } from "./bridge/transfer.ts";
import { newCall } from "./call/birth.ts";
import type { LiveCall } from "./call/call.ts";
import { endCall } from "./call/end.ts";
import { callAnswered, checkCallerId } from "./dial.ts";
import { customHeadersOf, diversionsOf, incomingCaller, numberOf } from "./leg/caller-id.ts";
import type { Leg } from "./leg/leg.ts";
import { applyAudio, codecsFor, nextCapabilities, sessionTimersOf } from "./leg/media-params.ts";
import { queuePrompt } from "./playout.ts";
import type { JsonObject } from "./serialize/call.ts";
import { streamSpec } from "./stream/spec.ts";
import type { World } from "./world.ts";

type InviteEvent = Extract<SipEvent, { type: "invite" }>;

/** How long a number's own `dial` lets the far end ring, ms. */
const ACTION_RING_MS = 60_000;

export function onInvite(world: World, event: InviteEvent): void {
  const refuse = (status: number, reason: string): void => {
    world.sip.refuse(event.session, {
      status,
      reason,
      ...(status === 503 ? { headers: [{ name: "Retry-After", value: "10" }] } : {}),
    });
    world.log.info("inbound call refused", { from: shortNumber(event.from.uri), status, source: event.source.address });
  };
  const route = routeOf(world, event);
  if (isFull(world, route)) {
    refuse(503, "Service Unavailable");
    return;
  }
  const number = numberOfCall(world, event, route);
  const caller = callerOf(world, event, route);
  if (caller.type === "user") {
    if (number?.tenantId === caller.tenantId) admitCall(world, event, number, caller);
    else if (caller.outbound) admitUserDial(world, event, caller);
    else refuse(403, "Forbidden");
    return;
  }
  if (number === undefined) refuse(404, "Not Found");
  else admitCall(world, event, number, caller);
}

function routeOf(world: World, { identity }: InviteEvent): RouteRecord | undefined {
  if (identity.type !== "peer") return undefined;
  return world
    .directory()
    .allRoutes()
    .find((route) => route.id === identity.label);
}

/** Draining, or at a limit: of calls, of calls a second, of the route's channels. Counts the call otherwise. */
function isFull(world: World, route: RouteRecord | undefined): boolean {
  const { registry, limits, clock, routes } = world;
  if (world.draining() || registry.live().length >= limits.maxCalls) return true;
  if (route !== undefined && routes.fullness(route) === "channels") return true;
  return !registry.takeTurn(limits.cps, clock.nowMs());
}

/**
 * The number that was called, as the route writes numbers. A registrar may call the contact we registered: then the
 * number stands in To, or the route has only one.
 */
function numberOfCall(world: World, event: InviteEvent, route: RouteRecord | undefined): NumberRecord | undefined {
  const directory = world.directory();
  const known = (dialled: string): NumberRecord | undefined => {
    const number = route === undefined ? undefined : directory.number(incomingNumber(dialled, optionsOf(route)));
    return number ?? directory.number(dialled);
  };
  const dialled = numberOf(event.requestUri);
  const number = known(dialled);
  if (number !== undefined || route === undefined || dialled !== contactUserOf(route)) return number;
  const own = directory.numbersOf(route.tenantId).filter(({ routeId }) => routeId === route.id);
  return known(numberOf(event.to.uri)) ?? (own.length === 1 ? own[0] : undefined);
}

/** A softphone that may dial out: its call, joined to whom it dialled (SPEC 4.19). */
function admitUserDial(world: World, event: InviteEvent, caller: Extract<Caller, { type: "user" }>): void {
  const refusal = dialRefusal(world, caller);
  if (refusal !== undefined) {
    world.sip.refuse(event.session, refusal);
    world.log.info("softphone may not dial", { from: shortNumber(caller.from), status: refusal.status });
    return;
  }
  const uri = parseUri(event.requestUri);
  const dialled = numberOf(event.requestUri);
  const to = /^\+?[0-9]+$/.test(dialled) ? normaliseNumber(dialled) : uri?.kind === "sip" ? event.requestUri : dialled;
  const action: InboundAction = { type: "dial", to, from: caller.from };
  admitCall(
    world,
    event,
    { id: "", tenantId: caller.tenantId, number: to, routeId: null, inboundAction: action },
    caller,
  );
}

/** What a dial by the API would be refused with, as SIP says it; counts the dial otherwise. */
function dialRefusal(
  world: World,
  { tenantId, from }: { tenantId: string; from: string },
): { status: number; reason: string } | undefined {
  try {
    checkCallerId(world, tenantId, from, false);
  } catch (thrown) {
    if (!(thrown instanceof CodedError)) throw thrown;
    const isLimit = thrown.code === "concurrency_limit_exceeded" || thrown.code === "cps_limit_exceeded";
    return isLimit ? { status: 503, reason: "Service Unavailable" } : { status: 403, reason: "Forbidden" };
  }
  world.registry.countDial(tenantId, world.clock.nowMs());
  return undefined;
}

type Caller = { readonly from: string; readonly name: string } & (
  | { readonly type: "user"; readonly tenantId: string; readonly outbound: boolean }
  | { readonly type: "peer" }
);

function callerOf(world: World, event: InviteEvent, route: RouteRecord | undefined): Caller {
  if (event.identity.type === "user") {
    const user = world.directory().user(event.identity.username);
    if (user !== undefined) {
      const from = user.number ?? `sip:${user.username}@${world.domain}`;
      const { displayName: name } = event.from;
      return { type: "user", tenantId: user.tenantId, from, name, outbound: user.outbound };
    }
  }
  const { number, name } = incomingCaller(event.from, event.headers, route);
  return { type: "peer", from: number, name };
}

/** The call exists from here on: 180, `call.started`, then the number's own action. */
function admitCall(world: World, event: InviteEvent, number: NumberRecord, caller: Caller): void {
  const leg = newInboundLeg(world, event, number, caller.from);
  const { call } = leg;
  world.sip.progress(event.session, { status: 180 });
  call.tell("call.started", whatTheyTold(event, caller), leg);
  if (event.sdp !== undefined && !answerOffer(event.sdp, nextCapabilities(world, leg, routeCodecs(world, call))).ok) {
    endCall(world, call, {
      reason: "codec_mismatch",
      initiator: "system",
      sipCode: 488,
      refusal: { status: 488, reason: "Not Acceptable Here" },
    });
    return;
  }
  runAction(world, call, number);
}

/** What the INVITE said beside its numbers; absent where it said nothing. */
function whatTheyTold(event: InviteEvent, caller: Caller): JsonObject {
  const diversion = diversionsOf(event.headers);
  const customHeaders = customHeadersOf(event.headers);
  return {
    ...(caller.name === "" ? {} : { caller_name: caller.name }),
    ...(diversion.length === 0 ? {} : { sip: { diversion } }),
    ...(customHeaders.length === 0 ? {} : { custom_headers: customHeaders }),
  };
}

function newInboundLeg(world: World, event: InviteEvent, number: NumberRecord, from: string): Leg {
  const routeId = event.identity.type === "peer" ? event.identity.label : null;
  const call = newCall(world, {
    tenantId: number.tenantId,
    direction: "inbound",
    status: "ringing",
    from,
    to: number.number,
    routeId,
    sipCallId: event.callId,
  });
  const leg = call.primary;
  leg.session = event.session;
  leg.routeId = routeId ?? undefined;
  leg.srtp = srtpOf(world, number.tenantId, routeId);
  leg.remoteOffer = event.sdp;
  leg.peerHost = event.source.address;
  leg.sdpSessionId = String(randomUint32(world.random));
  world.traces.bind(call.id, event.callId, leg.id);
  world.registry.sessions.set(event.session, leg);
  return leg;
}

function srtpOf(world: World, tenantId: string, routeId: string | null): Leg["srtp"] {
  const route = routeId === null ? undefined : world.directory().route(tenantId, routeId);
  return route === undefined ? "optional" : optionsOf(route).srtp;
}

function runAction(world: World, call: LiveCall, number: NumberRecord): void {
  const action = number.inboundAction;
  if (action.type === "webhook") {
    call.setTimer("firstCommand", world.limits.firstCommandMs, () => {
      endCall(world, call, {
        reason: "no_command",
        initiator: "system",
        sipCode: 480,
        refusal: { status: 480, reason: "Temporarily Unavailable" },
      });
    });
    return;
  }
  call.owner = "number";
  if (action.type === "reject") {
    rejectInbound(world, call, action.cause, "system");
    return;
  }
  if (action.type === "stream" && !wishStream(world, call, action)) return;
  answerInbound(world, call).then(
    () => {
      if (!call.isOver) actAnswered(world, call, action);
    },
    (thrown: unknown) => world.log.warn("inbound action failed", { call: call.id, why: messageOf(thrown) }),
  );
}

/** What the number does with a call that is up, by the same means as the verbs. Throws CodedError where a verb would. */
function actAnswered(world: World, call: LiveCall, action: InboundAction): void {
  switch (action.type) {
    case "echo":
      call.primary.media?.setEcho(true);
      return;
    case "dial":
      dialAction(world, call, action);
      return;
    case "play":
      // Nobody else is there: when it has been heard, the call is over.
      queuePrompt(world, call.primary, {
        source: { type: "url", url: action.url },
        loop: action.loop ?? 1,
        onEnded: () => endCall(world, call, { reason: "completed", initiator: "system" }),
      });
      return;
    case "conference":
      joinByName(world, call, { name: action.conference, isMuted: false, endOnExit: false });
  }
}

/** False: what the number asks for cannot be had, and its caller was refused. */
function wishStream(world: World, call: LiveCall, action: Extract<InboundAction, { type: "stream" }>): boolean {
  try {
    call.streamSpec = streamSpec(world, action);
    return true;
  } catch (thrown) {
    world.log.warn("the number's stream cannot be had", { call: call.id, why: messageOf(thrown) });
    const refusal = { status: 480, reason: "Temporarily Unavailable" };
    endCall(world, call, { reason: "carrier_error", initiator: "system", sipCode: 480, refusal });
    return false;
  }
}

function dialAction(world: World, call: LiveCall, action: Extract<InboundAction, { type: "dial" }>): void {
  const record = action.record === "on_answer" || action.record === "record-from-answer" ? "on_answer" : "off";
  beginTransfer(world, call, {
    // The called number stands for the call on its second leg, unless the action says otherwise (SPEC 4.8).
    from: action.from ?? call.record.to,
    displayName: "",
    privacy: "none",
    to: action.to,
    routeId: undefined,
    headers: [],
    timeoutMs: ACTION_RING_MS,
    audioUrl: undefined,
    recordWish: { record, record_channels: "single", record_format: "mp3" },
    streamSpec: undefined,
  });
}

/** 486 or 603 to a caller that was not answered. */
export function rejectInbound(
  world: World,
  call: LiveCall,
  cause: "user_busy" | "rejected",
  initiator: "api" | "system",
): void {
  const refusal = cause === "user_busy" ? { status: 486, reason: "Busy Here" } : { status: 603, reason: "Decline" };
  endCall(world, call, {
    reason: cause === "user_busy" ? "busy" : "rejected",
    initiator,
    sipCode: refusal.status,
    sipReason: refusal.reason,
    refusal,
  });
}

/** Opens media and sends 200. Throws CodedError when the call cannot be answered; the call is over then. */
export async function answerInbound(world: World, call: LiveCall, headers: readonly Header[] = []): Promise<void> {
  const leg = call.primary;
  const session = leg.session;
  if (leg.isAnswering) {
    const { status } = call.record;
    throw new CodedError("call_not_in_required_state", `call ${call.id} is being answered already`, {
      details: { status },
    });
  }
  leg.isAnswering = true;
  let media;
  try {
    media = await world.media.openLeg({ leg: leg.id });
  } catch (thrown) {
    endCall(world, call, {
      reason: "carrier_error",
      initiator: "system",
      refusal: { status: 503, reason: "Service Unavailable" },
    });
    throw thrown;
  }
  if (call.isOver || session === undefined) {
    await media.close();
    throw new CodedError("call_already_ended", `call ${call.id} ended while it was being answered`);
  }
  leg.media = media;
  const capabilities = nextCapabilities(world, leg, routeCodecs(world, call));
  if (leg.remoteOffer === undefined) {
    // Late offer (RFC 3264 §5): ours goes in the 200, the answer comes in the ACK.
    leg.localSdp = makeOffer(capabilities);
  } else {
    const answer = answerOffer(leg.remoteOffer, capabilities);
    if (!answer.ok) {
      endCall(world, call, {
        reason: "codec_mismatch",
        initiator: "system",
        sipCode: answer.status,
        refusal: { status: answer.status, reason: "Not Acceptable Here" },
      });
      throw new CodedError("upstream_error", `the caller's media cannot be used: ${answer.problem}`);
    }
    leg.localSdp = answer.sdp;
    applyAudio(leg, answer.audio);
  }
  leg.remoteOffer = undefined;
  const route = routeOfCall(world, call);
  world.sip.accept(session, {
    sdp: leg.localSdp,
    headers,
    ...(route === undefined ? {} : { sessionTimers: sessionTimersOf(route) }),
  });
  callAnswered(world, call);
}

/** ACK to our 200; carries the answer to a late offer. */
export function onConfirmed(world: World, leg: Leg, sdp: string | undefined): void {
  if (leg.audio !== undefined || sdp === undefined) return;
  const answer = readAnswer(leg.localSdp, sdp);
  if (answer.ok) applyAudio(leg, answer.audio);
  else endCall(world, leg.call, { reason: "codec_mismatch", initiator: "system", sipCode: 488 });
}

function routeCodecs(world: World, call: LiveCall): ReturnType<typeof codecsFor> {
  const route = routeOfCall(world, call);
  return codecsFor(route?.codecs, undefined);
}

function routeOfCall(world: World, call: LiveCall): RouteRecord | undefined {
  const { routeId, tenantId } = call.record;
  return routeId === null ? undefined : world.directory().route(tenantId, routeId);
}
