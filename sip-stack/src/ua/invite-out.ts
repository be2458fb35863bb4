/** Outgoing INVITE: sending it, its responses over all forks, CANCEL (RFC 3261 §13.2, §9.1). */
import { type Dialog, dialogOfClient } from "../dialog/dialog.ts";
import { makeCancel, textBody } from "../message/build.ts";
import { type Header, headerOf, type SipRequest, type SipResponse } from "../message/message.ts";
import { tagOf } from "../message/name-addr.ts";
import { serialise } from "../message/serialise.ts";
import { q850Of } from "../message/values.ts";
import { branchOf, parseVia } from "../message/via.ts";
import { PATIENCE_MS } from "../transaction/timers.ts";
import type { Transaction } from "../transaction/transaction.ts";
import { sdpOf } from "./body.ts";
import { byeDialog } from "./bye.ts";
import { ALLOW, type Core } from "./core.ts";
import { credentialHeaders, retryWithCredentials } from "./credentials.ts";
import type { Hop } from "./hop.ts";
import { sendAck, startForSession } from "./in-dialog.ts";
import { partyText } from "./party.ts";
import type { OutSession, Owner } from "./session.ts";
import type { OutgoingInvite, SipEvent } from "./types.ts";

type Failed = SipEvent & { readonly type: "failed" };

/** The session, before its target is known. */
export function makeOutSession(core: Core, request: OutgoingInvite, nowMs: number): OutSession {
  const session: OutSession = {
    direction: "out",
    id: core.token(),
    // §8.1.1.4: random; no host name, nobody needs to know ours.
    callId: core.token(16),
    fromTag: core.token(),
    phase: "pending",
    dialog: undefined,
    reoffer: { type: "none" },
    deferred: undefined,
    unacked: new Map(),
    alarms: new Map(),
    byeHeaders: [],
    running: 0,
    dialogKeys: new Set(),
    request,
    hop: undefined,
    transaction: undefined,
    alternatives: undefined,
    late: new Map(),
    cseq: 1,
    tries: 1,
    realm: undefined,
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
  const body = textBody("application/sdp", request.sdp);
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
      core.agentHeader,
      ...request.headers,
      { name: "Content-Type", value: body.contentType },
    ],
    body: body.content,
  };
}

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
  const branch = toTagOf(response);
  if (response.status === 100 || branch === "") return;
  if (!session.early.has(branch)) rememberFork(core, session, response);
  core.emit({
    type: "progress",
    session: session.id,
    branch,
    status: response.status,
    reason: response.reason,
    sdp: sdpOf(response),
  });
}

/** §13.2.2.4: the first branch that answers is the call; every other is acknowledged and ended. */
function receiveSuccess(core: Core, session: OutSession, response: SipResponse, nowMs: number): void {
  core.stopAlarm(session, "firstResponse");
  core.stopAlarm(session, "cancelPatience");
  const branch = toTagOf(response);
  const sent = session.acks.get(branch);
  if (sent !== undefined) {
    core.transactions.repeatsSent++;
    core.send(sent.bytes, sent.to, session.callId);
    return;
  }
  const isAnswer = session.phase === "pending";
  // §13.2.2.4: the route set and target of the 2xx replace those of the early dialog.
  const dialog = rememberFork(core, session, response);
  const credentials = session.transaction === undefined ? [] : credentialHeaders(session.transaction.request);
  session.acks.set(branch, sendAck(core, dialog, session.cseq, credentials));
  if (!isAnswer) {
    byeDialog(core, session, dialog, { nowMs });
    return;
  }
  session.phase = "answered";
  session.dialog = dialog;
  core.keepOnlyDialog(session, dialog);
  core.emit({
    type: "answered",
    session: session.id,
    branch,
    sdp: sdpOf(response),
    callId: session.callId,
    headers: response.headers,
  });
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
  fail(core, session, {
    cause: "response",
    status: response.status,
    reason: response.reason,
    q850: q850Of(response),
    headers: response.headers,
  });
}

/** No final response: timer B or a transport that gave up (§8.1.3.1). */
export function inviteFailed(core: Core, session: OutSession, cause: "timeout" | "transport"): void {
  if (session.phase !== "pending") return;
  fail(core, session, noResponse(cause));
}

function noResponse(cause: "timeout" | "transport"): Omit<Failed, "type" | "session"> {
  return cause === "timeout"
    ? { cause, status: 408, reason: "Request Timeout", q850: undefined, headers: [] }
    : { cause, status: 503, reason: "Service Unavailable", q850: undefined, headers: [] };
}

/** `firstResponseMs` is over. The INVITE is taken back as soon as the peer shows life. */
export function noFirstResponse(core: Core, session: OutSession, nowMs: number): void {
  takeBack(core, session, [], nowMs);
  fail(core, session, noResponse("timeout"));
}

/** The command. */
export function cancel(core: Core, session: OutSession, headers: readonly Header[], nowMs: number): boolean {
  if (session.phase !== "pending") return false;
  takeBack(core, session, headers, nowMs);
  fail(core, session, {
    cause: "cancelled",
    status: 487,
    reason: "Request Terminated",
    q850: undefined,
    headers: [],
  });
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

function fail(core: Core, session: OutSession, why: Omit<Failed, "type" | "session">): void {
  core.close(session);
  core.emit({ type: "failed", session: session.id, ...why });
}

/** `transaction`: of the INVITE that was answered. */
export function rememberFork(
  core: Core,
  session: OutSession,
  response: SipResponse,
  transaction: Transaction<Owner> | undefined = session.transaction,
): Dialog {
  const known = session.early.get(toTagOf(response));
  const peer: Hop = known?.peer ?? transaction?.peer ?? { transport: "udp", address: "", port: 0 };
  const dialog = dialogOfClient(
    transaction?.request ?? { kind: "request", method: "INVITE", requestUri: "", headers: [], body: response.body },
    response,
    { contact: core.makeContact(peer), peer, cseq: session.cseq },
  );
  dialog.remoteCseq = known?.remoteCseq;
  if (known !== undefined) dialog.localCseq = Math.max(dialog.localCseq, known.localCseq);
  session.early.set(dialog.remoteTag, dialog);
  if (session.phase !== "over") core.addDialog(session, dialog);
  return dialog;
}

export function toTagOf(response: SipResponse): string {
  return tagOf(headerOf(response, "to") ?? "") ?? "";
}
