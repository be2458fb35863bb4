/**
 * Placing one leg: groups of targets tried one after the other, the members of a group at once (SPEC 4.1 rings
 * all contacts of a user, SPEC 4.17 tries gateways in turn). First answer wins. Plain data; events come from the
 * router in `control.ts`, which acts on the outcome.
 */
import { messageOf, randomUint32 } from "@voepy/base";
import {
  makeOffer,
  type NegotiatedAudio,
  type OutgoingInvite,
  readAnswer,
  type SessionId,
  type SipEvent,
} from "@voepy/sip-stack";
import type { EndReason } from "@voepy/store";
import type { World } from "../world.ts";
import type { Leg } from "./leg.ts";
import { applyAudio, codecsFor, nextCapabilities } from "./media-params.ts";
import type { Plan, Target } from "./plan.ts";

/** Why a leg came to nothing, as the Call tells it. */
export interface Failure {
  readonly reason: EndReason;
  readonly sipCode: number | null;
  readonly sipReason: string | null;
  readonly q850: number | null;
}

export type Outcome =
  | { readonly type: "none" }
  | { readonly type: "ringing" }
  /** The far end's media can be heard before it answers. */
  | { readonly type: "earlyMedia" }
  | { readonly type: "answered" }
  | { readonly type: "failed"; readonly failure: Failure };

export interface Outgoing {
  readonly plan: Plan;
  readonly groups: readonly (readonly Target[])[];
  next: number;
  readonly ringing: Set<SessionId>;
  /** Of the attempts so far the one to report (§16.7: the best of a fork; the last of a failover). */
  last: Failure;
}

const NO_TARGET: Failure = { reason: "no_answer", sipCode: 480, sipReason: "Temporarily Unavailable", q850: null };

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
  leg.outgoing = { plan, groups: plan.groups, next: 0, ringing: new Set(), last: NO_TARGET };
  callNextGroup(world, leg, leg.outgoing, near?.audio?.codec);
  return { type: "none" };
}

function callNextGroup(world: World, leg: Leg, outgoing: Outgoing, codec: NegotiatedAudio["codec"] | undefined): void {
  const group = outgoing.groups[outgoing.next] ?? [];
  outgoing.next += 1;
  for (const target of group) {
    leg.peerHost = target.host;
    leg.localSdp = makeOffer(nextCapabilities(world, leg, codecsFor(target.codecs, codec)));
    const session = world.sip.invite(inviteTo(target, outgoing.plan, leg.localSdp));
    outgoing.ringing.add(session);
    world.registry.sessions.set(session, leg);
    const sipCallId = world.sip.callIdOf(session);
    if (sipCallId !== undefined) world.traces.bind(leg.call.id, sipCallId, leg.id);
  }
}

function inviteTo(target: Target, plan: Plan, sdp: string): OutgoingInvite {
  if (plan.type === "nowhere") throw new Error("a call to nowhere has no INVITE");
  return {
    target: { transport: target.transport, host: target.host, port: target.port, flow: target.flow },
    requestUri: target.requestUri,
    from: { uri: target.fromUri, displayName: "" },
    to: { uri: target.toUri, displayName: "" },
    sdp,
    headers: plan.headers,
    credentials: target.credentials,
    firstResponseMs: target.firstResponseMs,
  };
}

/** 101–199. */
export function onProgress(leg: Leg, event: Extract<SipEvent, { type: "progress" }>): Outcome {
  if (leg.outgoing === undefined) return { type: "none" };
  if (event.sdp !== undefined && leg.audio === undefined) {
    const answer = readAnswer(leg.localSdp, event.sdp);
    if (answer.ok) {
      applyAudio(leg, answer.audio);
      return { type: "earlyMedia" };
    }
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
  if (outgoing === undefined || !outgoing.ringing.delete(event.session)) return { type: "none" };
  outgoing.last = worse(outgoing.last, failureOf(event));
  if (outgoing.ringing.size > 0) return { type: "none" };
  const mayTryNext =
    event.cause !== "response" || event.status === 408 || event.status === 480 || isServerError(event.status);
  if (mayTryNext && outgoing.next < outgoing.groups.length) {
    world.log.info("next gateway", { call: leg.call.id, leg: leg.id, status: event.status });
    callNextGroup(world, leg, outgoing, near?.audio?.codec);
    return { type: "none" };
  }
  return fail(world, leg, outgoing.last);
}

/** Takes back every INVITE that is still out. */
export function stopAttempts(world: World, leg: Leg, headers: readonly { name: string; value: string }[]): void {
  for (const session of leg.outgoing?.ringing ?? []) {
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

const isServerError = (status: number): boolean => status >= 500 && status < 600;

/** Of a fork's refusals 6xx wins, then what a person did (486) over what a network did. */
function worse(before: Failure, now: Failure): Failure {
  return before.reason === "busy" || before.reason === "rejected" ? before : now;
}

/** SIP status to the words of the API. RFC 3398 §8.2.6.1 for what each means on the telephone network. */
export function failureOf(event: Extract<SipEvent, { type: "failed" }>): Failure {
  return {
    reason: reasonOf(event.cause, event.status),
    sipCode: event.status,
    sipReason: event.reason,
    q850: event.q850 ?? null,
  };
}

function reasonOf(cause: string, status: number): EndReason {
  if (cause === "transport") return "carrier_error";
  if (cause === "cancelled" || status === 487) return "canceled";
  switch (status) {
    case 486:
    case 600:
      return "busy";
    case 403:
    case 603:
    case 607:
    case 608:
      return "rejected";
    case 404:
    case 410:
    case 484:
    case 604:
      return "not_found";
    case 408:
    case 480:
      return "no_answer";
    case 415:
    case 488:
    case 606:
      return "codec_mismatch";
    default:
      return "carrier_error";
  }
}
