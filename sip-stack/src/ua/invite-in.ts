/** Incoming INVITE: from 100 to the final response, the ACK and CANCEL (RFC 3261 §13.3, §9.2). */
import { dialogOfServer } from "../dialog/dialog.ts";
import { grantTimer } from "../dialog/session-timer.ts";
import type { SipRequest, SipResponse } from "../message/message.ts";
import { reasonsOf } from "../message/reasons.ts";
import { cseqOf, tokensOf } from "../message/values.ts";
import type { Envelope } from "../transaction/keys.ts";
import { sdpOf } from "./body.ts";
import { sendBye } from "./bye.ts";
import { ALLOW, type Core } from "./core.ts";
import type { Hop } from "./hop.ts";
import { dropReoffer } from "./open-offer.ts";
import { partyOf } from "./party.ts";
import { awaitAck, takeAck } from "./repeat-2xx.ts";
import { judgeReplaces } from "./replaces.ts";
import { type AcceptAnswer, freshUsage, type InSession, type ProvisionalAnswer, type Session } from "./session.ts";
import { keepTimer } from "./session-clock.ts";
import type { Identity } from "./types.ts";

/** What came with the INVITE beside itself. */
export interface Admitted {
  readonly envelope: Envelope;
  readonly source: Hop;
  readonly identity: Identity;
}

export function receiveInvite(core: Core, request: SipRequest, admitted: Admitted, nowMs: number): void {
  const { envelope, source, identity } = admitted;
  const replaces = judgeReplaces(core, request);
  if (replaces.type === "refuse") {
    core.refuseStatelessly(request, envelope, source, { status: replaces.status });
    return;
  }
  const session = openSession(core, request, admitted);
  // §17.2.1 allows 200 ms; at once stops the peer's retransmissions at once.
  core.respond(session.transaction, 100, {}, nowMs);
  core.emit({
    type: "invite",
    session: session.id,
    source,
    identity,
    requestUri: request.requestUri,
    from: partyOf(request, "from"),
    to: partyOf(request, "to"),
    callId: envelope.callId,
    headers: request.headers,
    sdp: sdpOf(request),
    replaces: replaces.type === "session" ? replaces.session : undefined,
  });
}

function openSession(core: Core, request: SipRequest, { envelope, source }: Admitted): InSession {
  const id = core.token();
  const localTag = core.token();
  const transaction = core.serve(request, envelope, source, { usage: "invite", session: id });
  const cseq = envelope.cseqNumber;
  const dialog = dialogOfServer(request, { localTag, contact: core.makeContact(source), peer: source, cseq });
  const session: InSession = {
    direction: "in",
    ...freshUsage(core.timers),
    id,
    callId: envelope.callId,
    dialog,
    localTag,
    transaction,
    cseq,
    hasOffer: sdpOf(request) !== undefined,
    lastProvisional: undefined,
    reliability: reliabilityOf(request),
    rseq: 0,
    unpracked: undefined,
    waiting: [],
    accepted: undefined,
  };
  core.open(session);
  core.addDialog(session, dialog);
  core.notePending(source.address, 1);
  return session;
}

/** RFC 3262 §3. */
function reliabilityOf(request: SipRequest): InSession["reliability"] {
  const has = (name: string): boolean => tokensOf(request, name).some((tag) => tag.toLowerCase() === "100rel");
  if (has("require")) return "required";
  return has("supported") ? "supported" : "none";
}

/** The command. */
export function accept(core: Core, session: InSession, answer: AcceptAnswer, nowMs: number): boolean {
  if (session.phase !== "pending" || session.accepted !== undefined) return false;
  session.waiting.length = 0;
  // RFC 3262 §3: not before the PRACK of a provisional with SDP.
  if (session.unpracked?.hasSdp === true) session.accepted = answer;
  else sendSuccess(core, session, answer, nowMs);
  return true;
}

export function sendSuccess(core: Core, session: InSession, answer: AcceptAnswer, nowMs: number): void {
  const { transaction, cseq, dialog } = session;
  session.timers = answer.sessionTimers ?? session.timers;
  const granted = grantTimer(session.timers, transaction.request);
  // RFC 3262 §5: offer and answer went reliably before.
  const sdp = dialog.isAgreed ? undefined : answer.sdp;
  const headers = [core.supported(session.timers), ...granted.headers, ...(answer.headers ?? [])];
  const response = respondToInvite(core, session, { status: 200, sdp, headers }, nowMs);
  leavePending(core, session);
  session.phase = "answered";
  if (session.hasOffer) dialog.isAgreed = true;
  const isOffer = !dialog.isAgreed;
  awaitAck(core, session, { transaction, response, cseq, isInitial: true, isOffer }, nowMs);
  keepTimer(core, session, granted.timer, nowMs);
}

/** The command. */
export function refuse(
  core: Core,
  session: InSession,
  answer: Omit<ProvisionalAnswer, "sdp" | "reliable">,
  nowMs: number,
): boolean {
  if (session.phase !== "pending" || answer.status < 300 || answer.status > 699) return false;
  endPending(core, session, answer, nowMs);
  return true;
}

/** A response to the INVITE that made the session. SDP in it is what we stand for from now on. */
export function respondToInvite(core: Core, session: InSession, answer: ProvisionalAnswer, nowMs: number): SipResponse {
  // §12.1.1: what makes a dialog carries our Contact; §13.3.1.4: Allow in a 2xx.
  const ours = answer.status < 300 ? [{ name: "Contact", value: session.dialog.contact }, ALLOW] : [];
  session.localSdp = answer.sdp ?? session.localSdp;
  return core.respond(
    session.transaction,
    answer.status,
    { reason: answer.reason, toTag: session.localTag, headers: [...ours, ...(answer.headers ?? [])], sdp: answer.sdp },
    nowMs,
  );
}

function leavePending(core: Core, session: InSession): void {
  core.stopAlarm(session, "provisional");
  core.stopAlarm(session, "prack");
  core.notePending(session.transaction.peer.address, -1);
}

/** A final refusal; the session is over. */
export function endPending(
  core: Core,
  session: InSession,
  answer: Omit<ProvisionalAnswer, "sdp" | "reliable">,
  nowMs: number,
): void {
  if (session.phase !== "pending") return;
  respondToInvite(core, session, answer, nowMs);
  leavePending(core, session);
  dropReoffer(core, session, nowMs);
  core.close(session);
}

/** The INVITE ends without us: CANCEL (§9.2), BYE on the early dialog (§15.1.2), or the transport is gone. */
export function abortInvite(core: Core, session: InSession, nowMs: number): void {
  endPending(core, session, { status: 487 }, nowMs);
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
    core.emit({ type: "cancelled", session: session.id, cause: "cancel", ...reasonsOf(request) });
  } else if (session.reoffer.type === "received" && isReplyTo(session, invite)) dropReoffer(core, session, nowMs);
}

function isReplyTo({ reoffer }: Session, invite: InSession["transaction"]): boolean {
  return reoffer.type === "received" && reoffer.reply.by === "response" && reoffer.reply.transaction === invite;
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
  if (session.dialog !== undefined && sdp !== undefined) session.dialog.isAgreed = true;
  if (unacked.isInitial) core.emit({ type: "confirmed", session: session.id, sdp });
  else if (unacked.isOffer) core.emit({ type: "offerAnswered", session: session.id, sdp });
}
