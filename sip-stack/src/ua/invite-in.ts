/** Incoming INVITE: from 100 to the final response, the ACK and CANCEL (RFC 3261 §13.3, §9.2). */
import { dialogOfServer } from "../dialog/dialog.ts";
import type { Header, SipRequest, SipResponse } from "../message/message.ts";
import { cseqOf, q850Of } from "../message/values.ts";
import type { Envelope } from "../transaction/keys.ts";
import { sdpOf } from "./body.ts";
import { sendBye } from "./bye.ts";
import { ALLOW, type Core } from "./core.ts";
import type { Hop } from "./hop.ts";
import { partyOf } from "./party.ts";
import { awaitAck, takeAck } from "./repeat-2xx.ts";
import type { InSession, Session } from "./session.ts";
import type { Identity } from "./types.ts";

/** A proxy's timer C gives up after three minutes of silence (§13.3.1.1 asks for one a minute). */
const PROVISIONAL_EVERY_MS = 60_000;

/** What came with the INVITE beside itself. */
export interface Admitted {
  readonly envelope: Envelope;
  readonly source: Hop;
  readonly identity: Identity;
}

export function receiveInvite(core: Core, request: SipRequest, admitted: Admitted, nowMs: number): void {
  const { envelope, source, identity } = admitted;
  const id = core.token();
  const localTag = core.token();
  const transaction = core.serve(request, envelope, source, { usage: "invite", session: id });
  const dialog = dialogOfServer(request, {
    localTag,
    contact: core.makeContact(source),
    peer: source,
    cseq: envelope.cseqNumber,
  });
  const sdp = sdpOf(request);
  const session: InSession = {
    direction: "in",
    id,
    callId: envelope.callId,
    phase: "pending",
    dialog,
    reoffer: { type: "none" },
    deferred: undefined,
    unacked: new Map(),
    alarms: new Map(),
    byeHeaders: [],
    running: 0,
    dialogKeys: new Set(),
    localTag,
    transaction,
    cseq: envelope.cseqNumber,
    hasOffer: sdp !== undefined,
    lastProvisional: undefined,
  };
  core.open(session);
  core.addDialog(session, dialog);
  core.notePending(source.address, 1);
  // §17.2.1 allows 200 ms; at once stops the peer's retransmissions at once.
  core.respond(transaction, 100, {}, nowMs);
  core.emit({
    type: "invite",
    session: id,
    source,
    identity,
    requestUri: request.requestUri,
    from: partyOf(request, "from"),
    to: partyOf(request, "to"),
    callId: envelope.callId,
    headers: request.headers,
    sdp,
  });
}

export interface Answer {
  readonly status: number;
  readonly reason?: string | undefined;
  readonly sdp?: string | undefined;
  readonly headers?: readonly Header[] | undefined;
}

export function sendProgress(core: Core, session: InSession, answer: Answer, nowMs: number): boolean {
  if (session.phase !== "pending" || answer.status <= 100 || answer.status >= 200) return false;
  session.lastProvisional = respond(core, session, answer, nowMs);
  core.setAlarm(session, "provisional", nowMs + PROVISIONAL_EVERY_MS);
  return true;
}

export function repeatProvisional(core: Core, session: InSession, nowMs: number): void {
  if (session.phase !== "pending" || session.lastProvisional === undefined) return;
  core.transactions.respond(session.transaction, session.lastProvisional, nowMs);
  core.setAlarm(session, "provisional", nowMs + PROVISIONAL_EVERY_MS);
}

export function accept(core: Core, session: InSession, answer: Omit<Answer, "status">, nowMs: number): boolean {
  if (session.phase !== "pending") return false;
  const response = respond(core, session, { ...answer, status: 200 }, nowMs);
  leavePending(core, session);
  session.phase = "answered";
  const { transaction, cseq } = session;
  awaitAck(core, session, { transaction, response, cseq, isInitial: true, isOffer: !session.hasOffer }, nowMs);
  return true;
}

export function refuse(core: Core, session: InSession, answer: Omit<Answer, "sdp">, nowMs: number): boolean {
  if (session.phase !== "pending" || answer.status < 300 || answer.status > 699) return false;
  respond(core, session, answer, nowMs);
  leavePending(core, session);
  core.close(session);
  return true;
}

function respond(core: Core, session: InSession, answer: Answer, nowMs: number): SipResponse {
  // §12.1.1: what makes a dialog carries our Contact; §13.3.1.4: Allow in a 2xx.
  const ours = answer.status < 300 ? [{ name: "Contact", value: session.dialog.contact }, ALLOW] : [];
  return core.respond(
    session.transaction,
    answer.status,
    { reason: answer.reason, toTag: session.localTag, headers: [...ours, ...(answer.headers ?? [])], sdp: answer.sdp },
    nowMs,
  );
}

function leavePending(core: Core, session: InSession): void {
  core.stopAlarm(session, "provisional");
  core.notePending(session.transaction.peer.address, -1);
}

/** The INVITE ends without us: CANCEL (§9.2), BYE on the early dialog (§15.1.2), or the transport is gone. */
export function abortInvite(core: Core, session: InSession, nowMs: number): void {
  if (session.phase !== "pending") return;
  respond(core, session, { status: 487 }, nowMs);
  leavePending(core, session);
  core.close(session);
}

/** §9.2. The CANCEL is answered by itself; the INVITE gets 487 when it has no final response yet. */
export function receiveCancel(
  core: Core,
  request: SipRequest,
  admitted: Omit<Admitted, "identity">,
  nowMs: number,
): void {
  const { envelope, source } = admitted;
  const invite = core.transactions.inviteOfCancel(envelope);
  const session = invite === undefined ? undefined : core.sessionOf(invite.owner);
  // Only who sent the INVITE may take it back: same address, since it takes the same hop (§9.1).
  if (invite === undefined || invite.peer.address !== source.address) {
    core.refuseStatelessly(request, envelope, source, { status: 481 });
    return;
  }
  const toTag = session?.direction === "in" ? session.localTag : session?.dialog?.localTag;
  const transaction = core.serve(request, envelope, source, { usage: "none" });
  core.respond(transaction, 200, { toTag }, nowMs);
  if (session === undefined) return;
  if (invite.owner.usage === "invite" && session.direction === "in" && session.phase === "pending") {
    abortInvite(core, session, nowMs);
    core.emit({ type: "cancelled", session: session.id, q850: q850Of(request) });
  } else if (session.reoffer.type === "received" && session.reoffer.transaction === invite) {
    session.reoffer = { type: "none" };
    core.respond(invite, 487, { toTag }, nowMs);
  }
}

/** ACK to a 2xx of ours. */
export function receiveAck(core: Core, session: Session, ack: SipRequest, nowMs: number): void {
  const unacked = takeAck(core, session, cseqOf(ack)?.number ?? 0);
  if (unacked === undefined) return;
  if (session.phase === "closing") {
    sendBye(core, session, session.byeHeaders, nowMs);
    return;
  }
  const sdp = sdpOf(ack);
  if (unacked.isInitial) core.emit({ type: "confirmed", session: session.id, sdp });
  else if (unacked.isOffer) core.emit({ type: "offerAnswered", session: session.id, sdp });
}
