/** Outgoing INVITE: sending it, its responses over all forks, CANCEL (RFC 3261 §13.2, §9.1). */
import { timerOfResponse, timerRequestHeaders } from "../dialog/session-timer.ts";
import { makeCancel, textBody } from "../message/build.ts";
import { type Header, headerOf, type SipRequest, type SipResponse } from "../message/message.ts";
import { NO_REASONS, reasonsOf } from "../message/reasons.ts";
import { redirectsOf } from "../message/redirect.ts";
import { serialise } from "../message/serialise.ts";
import { retryAfterOf } from "../message/values.ts";
import { branchOf, parseVia } from "../message/via.ts";
import { PATIENCE_MS } from "../transaction/timers.ts";
import { sdpOf } from "./body.ts";
import { byeDialog } from "./bye.ts";
import { ALLOW, type Core } from "./core.ts";
import { retryWithCredentials } from "./credentials.ts";
import { acknowledge, acknowledgeAgain, dialogOfFork, toTagOf } from "./forks.ts";
import type { Hop } from "./hop.ts";
import { startForSession } from "./in-dialog.ts";
import { dropReoffer, holdOffer } from "./open-offer.ts";
import { partyText } from "./party.ts";
import { receiveEarly } from "./provisional-out.ts";
import { raiseInterval } from "./reoffer.ts";
import { freshUsage, type OutSession } from "./session.ts";
import { keepTimer } from "./session-clock.ts";
import type { OutgoingInvite, SipEvent } from "./types.ts";

type Failed = SipEvent & { readonly type: "failed" };

/** The session, before its target is known. */
export function makeOutSession(core: Core, request: OutgoingInvite, nowMs: number): OutSession {
  const session: OutSession = {
    direction: "out",
    ...freshUsage(request.sessionTimers ?? core.timers),
    id: core.token(),
    // §8.1.1.4: random; no host name, nobody needs to know ours.
    callId: core.token(16),
    fromTag: core.token(),
    dialog: undefined,
    localSdp: request.sdp,
    request,
    hop: undefined,
    transaction: undefined,
    alternatives: undefined,
    late: new Map(),
    cseq: 1,
    tries: 1,
    realm: undefined,
    lastBranch: undefined,
    isCancelled: false,
    cancelHeaders: [],
    hasProvisional: false,
    early: new Map(),
    acks: new Map(),
  };
  core.open(session);
  core.setAlarm(session, "firstResponse", nowMs + (request.firstResponseMs ?? PATIENCE_MS));
  return session;
}

export function sendInvite(core: Core, session: OutSession, hop: Hop, nowMs: number): void {
  const { via, branch } = core.makeVia(hop);
  session.hop = hop;
  session.hasProvisional = false;
  const invite = inviteText(core, session, hop, via);
  session.transaction = startForSession(core, session, { request: invite, branch, peer: hop, usage: "invite" }, nowMs);
}

/** Bytes of the INVITE as it will be sent, give or take the length of an address. */
export function inviteSize(core: Core, session: OutSession): number {
  const hop: Hop = { transport: "udp", address: "255.255.255.255", port: 65535 };
  return serialise(inviteText(core, session, hop, core.makeVia(hop).via)).length;
}

/** §8.1.1. */
function inviteText(core: Core, session: OutSession, hop: Hop, via: string): SipRequest {
  const { request } = session;
  const body = request.sdp === undefined ? undefined : textBody("application/sdp", request.sdp);
  return {
    kind: "request",
    method: "INVITE",
    requestUri: request.requestUri,
    headers: [
      { name: "Via", value: via },
      { name: "Max-Forwards", value: "70" },
      { name: "From", value: `${partyText(request.from)};tag=${session.fromTag}` },
      { name: "To", value: partyText(request.to) },
      { name: "Call-ID", value: session.callId },
      { name: "CSeq", value: `${session.cseq} INVITE` },
      { name: "Contact", value: core.makeContact(hop) },
      ALLOW,
      core.supported(session.timers),
      ...timerRequestHeaders(session.timers, session),
      core.agentHeader,
      ...request.headers,
      ...(body === undefined ? [] : [{ name: "Content-Type", value: body.contentType }]),
    ],
    body: body?.content ?? NO_BODY,
  };
}

const NO_BODY = new Uint8Array(0);

export function receiveInviteResponse(core: Core, session: OutSession, response: SipResponse, nowMs: number): void {
  if (response.status < 200) receiveProvisional(core, session, response, nowMs);
  else if (response.status < 300) receiveSuccess(core, session, response, nowMs);
  else receiveFailure(core, session, response, nowMs);
}

function receiveProvisional(core: Core, session: OutSession, response: SipResponse, nowMs: number): void {
  core.stopAlarm(session, "firstResponse");
  session.hasProvisional = true;
  if (session.isCancelled) sendCancel(core, session, nowMs);
  if (session.phase !== "pending") return;
  receiveEarly(core, session, response, nowMs);
}

/** §13.2.2.4: the first branch that answers is the call; every other is acknowledged and ended. */
function receiveSuccess(core: Core, session: OutSession, response: SipResponse, nowMs: number): void {
  core.stopAlarm(session, "firstResponse");
  core.stopAlarm(session, "cancelPatience");
  const branch = toTagOf(response);
  if (acknowledgeAgain(core, session, branch)) return;
  // A repeat, while our answer to the offer in it is still being made.
  if (session.phase !== "pending" && session.dialog?.remoteTag === branch && isAnswerOwed(session)) return;
  const isAnswer = session.phase === "pending";
  // §13.2.2.4: the route set and target of the 2xx replace those of the early dialog.
  const dialog = dialogOfFork(core, session, response);
  const sdp = sdpOf(response);
  const isOffer = sdp !== undefined && session.request.sdp === undefined && !dialog.isAgreed;
  if (!isAnswer || !isOffer) acknowledge(core, session, dialog);
  if (!isAnswer) return byeDialog(core, session, dialog, { nowMs });
  dropEarlyOffer(core, session, { kept: branch, nowMs });
  session.phase = "answered";
  session.dialog = dialog;
  core.keepOnlyDialog(session, dialog);
  if (sdp !== undefined && !isOffer) dialog.isAgreed = true;
  keepTimer(core, session, timerOfResponse(session.timers, response), nowMs);
  core.emit({
    type: "answered",
    session: session.id,
    branch,
    sdp: isOffer ? undefined : sdp,
    callId: session.callId,
    headers: response.headers,
  });
  if (isOffer) holdOffer(core, session, { dialog, sdp, reply: { by: "ack" } });
}

function isAnswerOwed({ reoffer }: OutSession): boolean {
  return reoffer.type === "received" && reoffer.reply.by === "ack";
}

/** An offer in an early dialog that did not become the call. */
function dropEarlyOffer(core: Core, session: OutSession, { kept, nowMs }: { kept: string; nowMs: number }): void {
  const { reoffer, deferred } = session;
  if (deferred !== undefined && deferred.dialog.remoteTag !== kept) session.deferred = undefined;
  if (reoffer.type === "none" || reoffer.dialog.remoteTag === kept) return;
  dropReoffer(core, session, nowMs);
  if (reoffer.type === "sent") core.emit({ type: "offerRefused", session: session.id, status: 487 });
}

function receiveFailure(core: Core, session: OutSession, response: SipResponse, nowMs: number): void {
  core.stopAlarm(session, "firstResponse");
  core.stopAlarm(session, "cancelPatience");
  if (session.phase !== "pending") return;
  if (session.transaction !== undefined && session.tries < 2) {
    const again = retryWithCredentials(core, session, { transaction: session.transaction, response }, nowMs);
    if (again !== undefined) {
      session.tries++;
      session.cseq++;
      session.transaction = again;
      core.setAlarm(session, "firstResponse", nowMs + (session.request.firstResponseMs ?? PATIENCE_MS));
      return;
    }
  }
  if (response.status === 422 && session.hop !== undefined && raiseInterval(session, response)) {
    // RFC 4028 §7.3: once more with a longer interval, the next number, and a challenge of its own.
    session.cseq++;
    session.tries = 1;
    sendInvite(core, session, session.hop, nowMs);
    core.setAlarm(session, "firstResponse", nowMs + (session.request.firstResponseMs ?? PATIENCE_MS));
    return;
  }
  fail(
    core,
    session,
    {
      cause: "response",
      status: response.status,
      reason: response.reason,
      contacts: redirectsOf(response),
      retryAfterSecs: retryAfterOf(response),
      headers: response.headers,
      ...reasonsOf(response),
    },
    nowMs,
  );
}

/** No final response: timer B or a transport that gave up (§8.1.3.1). */
export function inviteFailed(core: Core, session: OutSession, cause: "timeout" | "transport", nowMs: number): void {
  if (session.phase !== "pending") return;
  fail(core, session, noResponse(cause), nowMs);
}

const NO_RESPONSE = { contacts: [], retryAfterSecs: undefined, headers: [], ...NO_REASONS };

function noResponse(cause: "timeout" | "transport"): Omit<Failed, "type" | "session"> {
  return cause === "timeout"
    ? { cause, status: 408, reason: "Request Timeout", ...NO_RESPONSE }
    : { cause, status: 503, reason: "Service Unavailable", ...NO_RESPONSE };
}

/** `firstResponseMs` is over. The INVITE is taken back as soon as the peer shows life. */
export function noFirstResponse(core: Core, session: OutSession, nowMs: number): void {
  takeBack(core, session, [], nowMs);
  fail(core, session, noResponse("timeout"), nowMs);
}

/** The command. */
export function cancel(core: Core, session: OutSession, headers: readonly Header[], nowMs: number): boolean {
  if (session.phase !== "pending") return false;
  takeBack(core, session, headers, nowMs);
  fail(core, session, { cause: "cancelled", status: 487, reason: "Request Terminated", ...NO_RESPONSE }, nowMs);
  return true;
}

function takeBack(core: Core, session: OutSession, headers: readonly Header[], nowMs: number): void {
  session.isCancelled = true;
  session.cancelHeaders = headers;
  if (session.hasProvisional) sendCancel(core, session, nowMs);
  else if (session.transaction !== undefined) core.transactions.hush(session.transaction);
}

/** §9.1: only between a provisional and the final response; once. */
function sendCancel(core: Core, session: OutSession, nowMs: number): void {
  const { transaction } = session;
  if (transaction === undefined || transaction.state !== "proceeding" || session.alarms.has("cancelPatience")) return;
  const request = makeCancel(transaction.request, session.cancelHeaders);
  const branch = branchOf(parseVia(headerOf(request, "via") ?? "") ?? NO_VIA) ?? "";
  core.setAlarm(session, "cancelPatience", nowMs + PATIENCE_MS);
  startForSession(core, session, { request, branch, peer: transaction.peer, usage: "cancel" }, nowMs);
}

const NO_VIA = { transport: "", host: "", port: undefined, params: [] } as const;

/** §9.1: 64 × T1 after the CANCEL an INVITE without a final response counts as cancelled. */
export function cancelUnanswered(core: Core, session: OutSession): void {
  if (session.transaction !== undefined) core.transactions.abandon(session.transaction);
}

function fail(core: Core, session: OutSession, why: Omit<Failed, "type" | "session">, nowMs: number): void {
  dropReoffer(core, session, nowMs);
  core.close(session);
  core.emit({ type: "failed", session: session.id, ...why });
}
