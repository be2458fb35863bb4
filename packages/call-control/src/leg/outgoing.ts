/**
 * Placing one leg: groups of targets tried one after the other, the members of a group at once (SPEC 4.1 rings
 * all contacts of a user, SPEC 4.17 tries gateways in turn). First answer wins. Plain data; events come from the
 * router in `control.ts`, which acts on the outcome.
 */
import { messageOf, randomUint32 } from "@voepy/base";
import { mayTryNext, optionsOf } from "@voepy/policy";
import {
  makeOffer,
  type NegotiatedAudio,
  type OutgoingInvite,
  readAnswer,
  retryAfterOf,
  type SessionId,
  type SipEvent,
} from "@voepy/sip-stack";
import type { World } from "../world.ts";
import { type Failure, failureOf, NO_TARGET, worse } from "./failure.ts";
import type { Leg } from "./leg.ts";
import { applyAudio, codecsFor, nextCapabilities, sessionTimersOf } from "./media-params.ts";
import type { Plan, Target } from "./plan.ts";
import { type RedirectTrail, redirectTargets } from "./redirect.ts";

export type Outcome =
  | { readonly type: "none" }
  | { readonly type: "ringing" }
  /** The far end's media can be heard before it answers. */
  | { readonly type: "earlyMedia" }
  | { readonly type: "answered" }
  | { readonly type: "failed"; readonly failure: Failure };

export interface Outgoing {
  readonly plan: Extract<Plan, { type: "targets" }>;
  /** Redirections are put in where `next` is. */
  readonly groups: (readonly Target[])[];
  next: number;
  readonly ringing: Map<SessionId, Target>;
  /** Of the attempts so far the one to report (§16.7: the best of a fork; the last of a failover). */
  last: Failure;
  readonly trail: RedirectTrail;
}

/** Opens the media leg and calls the first group. Resolves with `failed` when nothing can be called. */
export async function startOutgoing(world: World, leg: Leg, plan: Plan, near: Leg | undefined): Promise<Outcome> {
  if (plan.type === "nowhere") return { type: "failed", failure: plan.failure };
  if (plan.groups.length === 0) return { type: "failed", failure: NO_TARGET };
  try {
    const media = await world.media.openLeg({ leg: leg.id, near: near?.media?.id });
    leg.media = media;
    if (leg.isOver) {
      await media.close();
      return { type: "none" };
    }
  } catch (thrown) {
    world.log.error("no media port for a leg", { call: leg.call.id, leg: leg.id, why: messageOf(thrown) });
    return {
      type: "failed",
      failure: { reason: "carrier_error", sipCode: null, sipReason: messageOf(thrown), q850: null },
    };
  }
  leg.sdpSessionId = String(randomUint32(world.random));
  leg.outgoing = {
    plan,
    groups: [...plan.groups],
    next: 0,
    ringing: new Map(),
    last: NO_TARGET,
    trail: { hops: 0, visited: new Set() },
  };
  callNextGroup(world, leg, leg.outgoing, near?.audio?.codec);
  return { type: "none" };
}

type Codec = NegotiatedAudio["codec"] | undefined;

/** At once, or when the route's calls a second allow it. */
function callNextGroup(world: World, leg: Leg, outgoing: Outgoing, codec: Codec): void {
  const group = outgoing.groups[outgoing.next] ?? [];
  outgoing.next += 1;
  const route = group[0]?.route;
  leg.routeId = route?.id;
  // What one far end played early says nothing of the next.
  leg.audio = undefined;
  if (leg.role === "primary" && route !== undefined && route.id !== leg.call.record.routeId) {
    leg.call.patch({ routeId: route.id });
  }
  const waitMs = route === undefined ? 0 : world.routes.reserveSlot(route);
  if (waitMs === 0) return callGroup(world, leg, { outgoing, group, codec });
  leg.call.setTimer(`slot ${leg.id}`, waitMs, () => {
    if (leg.outgoing === outgoing) callGroup(world, leg, { outgoing, group, codec });
  });
}

function callGroup(
  world: World,
  leg: Leg,
  { outgoing, group, codec }: { outgoing: Outgoing; group: readonly Target[]; codec: Codec },
): void {
  for (const target of group) {
    leg.peerHost = target.host;
    leg.srtp = target.route === undefined ? "optional" : optionsOf(target.route).srtp;
    leg.localSdp = makeOffer(nextCapabilities(world, leg, codecsFor(target.codecs, codec)));
    outgoing.trail.visited.add(target.requestUri);
    const session = world.sip.invite(inviteTo(target, outgoing.plan, leg.localSdp));
    outgoing.ringing.set(session, target);
    world.registry.sessions.set(session, leg);
    const sipCallId = world.sip.callIdOf(session);
    if (sipCallId !== undefined) world.traces.bind(leg.call.id, sipCallId, leg.id);
  }
}

function inviteTo(target: Target, plan: Outgoing["plan"], sdp: string): OutgoingInvite {
  return {
    target: { transport: target.transport, host: target.host, port: target.port, flow: target.flow },
    requestUri: target.requestUri,
    from: target.from,
    to: { uri: target.toUri, displayName: "" },
    sdp,
    headers: [...target.headers, ...plan.headers],
    credentials: target.credentials,
    firstResponseMs: target.firstResponseMs,
    sessionTimers: target.route === undefined ? undefined : sessionTimersOf(target.route),
  };
}

/** 101–199. */
export function onProgress(leg: Leg, event: Extract<SipEvent, { type: "progress" }>): Outcome {
  if (leg.outgoing === undefined) return { type: "none" };
  if (event.sdp !== undefined) {
    const answer = readAnswer(leg.localSdp, event.sdp);
    const isFirst = leg.audio === undefined;
    // A later one moves it: another announcement server, or another branch of a fork.
    if (answer.ok) applyAudio(leg, answer.audio);
    if (answer.ok && isFirst) return { type: "earlyMedia" };
  }
  return event.status === 180 || event.status === 183 ? { type: "ringing" } : { type: "none" };
}

/** 2xx: takes this session, cancels the others. */
export function onAnswered(world: World, leg: Leg, event: Extract<SipEvent, { type: "answered" }>): Outcome {
  const outgoing = leg.outgoing;
  if (outgoing === undefined) return { type: "none" };
  outgoing.ringing.delete(event.session);
  const answer = event.sdp === undefined ? undefined : readAnswer(leg.localSdp, event.sdp);
  const audio = answer?.ok ? answer.audio : event.sdp === undefined ? leg.audio : undefined;
  if (audio === undefined) {
    world.sip.bye(event.session);
    world.registry.sessions.delete(event.session);
    const why = answer?.ok === false ? answer.problem : "the 2xx carried no SDP answer";
    world.log.warn("answer cannot be used", { call: leg.call.id, leg: leg.id, why });
    return fail(world, leg, { reason: "codec_mismatch", sipCode: 488, sipReason: "Not Acceptable Here", q850: null });
  }
  stopAttempts(world, leg, [{ name: "Reason", value: 'SIP;cause=200;text="Call completed elsewhere"' }]);
  leg.outgoing = undefined;
  leg.session = event.session;
  leg.patch({ sipCallId: event.callId });
  applyAudio(leg, audio);
  return { type: "answered" };
}

/** A final refusal of one attempt: the next group, or the end. */
export function onFailed(
  world: World,
  leg: Leg,
  event: Extract<SipEvent, { type: "failed" }>,
  near: Leg | undefined,
): Outcome {
  const outgoing = leg.outgoing;
  world.registry.sessions.delete(event.session);
  const target = outgoing?.ringing.get(event.session);
  if (outgoing === undefined || target === undefined) return { type: "none" };
  outgoing.ringing.delete(event.session);
  noteGateway(world, target, event);
  outgoing.last = target.route === undefined ? worse(outgoing.last, failureOf(event)) : failureOf(event);
  if (outgoing.ringing.size > 0) return { type: "none" };
  const isRedirected = redirect(world, leg, { outgoing, target }, event);
  if ((isRedirected || mayTryNext(event)) && outgoing.next < outgoing.groups.length) {
    const { status, cause } = event;
    world.log.info("next gateway", { call: leg.call.id, leg: leg.id, failed: placeOf(target), status, cause });
    callNextGroup(world, leg, outgoing, near?.audio?.codec);
    return { type: "none" };
  }
  return fail(world, leg, outgoing.last);
}

/** A gateway that asks to be left alone (RFC 3261 §21.5.4) is, by later calls too. */
function noteGateway(world: World, { gateway }: Target, event: Extract<SipEvent, { type: "failed" }>): void {
  if (gateway === undefined || event.status !== 503) return;
  const retryAfterS = retryAfterOf(event);
  if (retryAfterS !== undefined) world.routes.setAside(gateway, retryAfterS);
}

/** Puts where a 3xx leads before the gateways that are left. */
function redirect(
  world: World,
  leg: Leg,
  { outgoing, target }: { outgoing: Outgoing; target: Target },
  event: Extract<SipEvent, { type: "failed" }>,
): boolean {
  if (event.cause !== "response" || event.status < 300 || event.status > 399) return false;
  const targets = redirectTargets(target, event.headers, outgoing.trail);
  world.log.info("redirected", { call: leg.call.id, leg: leg.id, by: placeOf(target), followed: targets.length });
  if (targets.length === 0) return false;
  outgoing.trail.hops += 1;
  outgoing.groups.splice(outgoing.next, 0, ...targets.map((one) => [one]));
  return true;
}

const placeOf = (target: Target): string => `${target.transport} ${target.host}:${target.port}`;

/** Takes back every INVITE that is still out. */
export function stopAttempts(world: World, leg: Leg, headers: readonly { name: string; value: string }[]): void {
  for (const session of leg.outgoing?.ringing.keys() ?? []) {
    world.sip.cancel(session, { headers });
    world.registry.sessions.delete(session);
  }
  leg.outgoing?.ringing.clear();
}

function fail(world: World, leg: Leg, failure: Failure): Outcome {
  stopAttempts(world, leg, []);
  leg.outgoing = undefined;
  return { type: "failed", failure };
}
