/**
 * A new offer inside a session: re-INVITE both ways and UPDATE coming in (RFC 3261 §14, RFC 3311), at most one at a
 * time; two that cross are refused with 491 and tried again after a random wait.
 */
import { randomUint32 } from "@voepy/base";
import { refreshTarget } from "../dialog/dialog.ts";
import { type SipRequest, type SipResponse } from "../message/message.ts";
import { cseqOf } from "../message/values.ts";
import type { Envelope } from "../transaction/keys.ts";
import type { Transaction } from "../transaction/transaction.ts";
import { sdpOf } from "./body.ts";
import { endBroken } from "./bye.ts";
import { ALLOW, type Core } from "./core.ts";
import { credentialHeaders, retryWithCredentials } from "./credentials.ts";
import type { Hop } from "./hop.ts";
import { sdpBody, sendAck, sendInDialog } from "./in-dialog.ts";
import { awaitAck } from "./repeat-2xx.ts";
import type { Owner, Session } from "./session.ts";

/** 491 again and again is not glare. */
const MOST_ATTEMPTS = 5;

/** The command: a re-INVITE with this offer. */
export function offer(core: Core, session: Session, sdp: string, nowMs: number): boolean {
  // §14.1: not while an INVITE of either side is open in this dialog.
  if (session.phase !== "answered" || isBusy(session) || session.deferred !== undefined) return false;
  sendOffer(core, session, { sdp, attempt: 1 }, nowMs);
  return true;
}

function sendOffer(core: Core, session: Session, what: { sdp: string; attempt: number }, nowMs: number): void {
  if (session.dialog === undefined) return;
  session.reoffer = { type: "sent", ...what };
  sendInDialog(
    core,
    session,
    { dialog: session.dialog, method: "INVITE", usage: "reinvite", headers: [ALLOW], body: sdpBody(what.sdp) },
    nowMs,
  );
}

function isBusy(session: Session): boolean {
  return session.reoffer.type !== "none" || session.unacked.size > 0;
}

/** The wait after a 491 is over. */
export function offerAgain(core: Core, session: Session, nowMs: number): void {
  const { deferred } = session;
  if (session.phase !== "answered" || deferred === undefined) return;
  if (isBusy(session)) return core.setAlarm(session, "reoffer", nowMs + glareWaitMs(core, session));
  session.deferred = undefined;
  sendOffer(core, session, { sdp: deferred.sdp, attempt: deferred.attempt + 1 }, nowMs);
}

export function receiveReinviteResponse(
  core: Core,
  session: Session,
  came: { transaction: Transaction<Owner>; response: SipResponse },
  nowMs: number,
): void {
  const { transaction, response } = came;
  if (response.status < 200) return;
  if (response.status >= 300) return receiveRefusal(core, session, came, nowMs);
  const { dialog } = session;
  if (dialog === undefined) return;
  refreshTarget(dialog, response);
  const cseq = cseqOf(transaction.request)?.number ?? dialog.localCseq;
  // Every 2xx gets its ACK, also the repeated one and one that comes after BYE (§13.2.2.4).
  sendAck(core, dialog, cseq, credentialHeaders(transaction.request));
  if (session.phase !== "answered" || session.reoffer.type !== "sent") return;
  session.reoffer = { type: "none" };
  core.emit({ type: "offerAnswered", session: session.id, sdp: sdpOf(response) });
}

function receiveRefusal(
  core: Core,
  session: Session,
  { transaction, response }: { transaction: Transaction<Owner>; response: SipResponse },
  nowMs: number,
): void {
  const { reoffer } = session;
  if (session.phase !== "answered" || reoffer.type !== "sent") return;
  if (retryWithCredentials(core, session, { transaction, response }, nowMs) !== undefined) return;
  // §12.2.1.2: the peer knows no such dialog, or is gone.
  if (response.status === 481 || response.status === 408) return endBroken(core, session, "transport", nowMs);
  session.reoffer = { type: "none" };
  if (response.status === 491 && reoffer.attempt < MOST_ATTEMPTS) {
    session.deferred = { sdp: reoffer.sdp, attempt: reoffer.attempt };
    core.setAlarm(session, "reoffer", nowMs + glareWaitMs(core, session));
    return;
  }
  core.emit({ type: "offerRefused", session: session.id, status: response.status });
}

/** §14.1: the owner of the Call-ID waits 2.1–4 s, the other 0–2 s, in steps of 10 ms. */
function glareWaitMs(core: Core, session: Session): number {
  const draw = randomUint32(core.options.random);
  return session.direction === "out" ? 2100 + (draw % 191) * 10 : (draw % 201) * 10;
}

/** No final response to our re-INVITE: the peer is gone (§12.2.1.2). */
export function reinviteFailed(core: Core, session: Session, nowMs: number): void {
  if (session.phase === "answered") endBroken(core, session, "transport", nowMs);
}

export interface CameInDialog {
  readonly request: SipRequest;
  readonly envelope: Envelope;
  readonly source: Hop;
}

/** re-INVITE or UPDATE. */
export function receiveOffer(core: Core, session: Session, came: CameInDialog, nowMs: number): void {
  const { request, envelope, source } = came;
  const isUpdate = request.method === "UPDATE";
  const owner: Owner = { usage: isUpdate ? "update" : "reinvite", session: session.id };
  const transaction = core.serve(request, envelope, source, owner);
  const toTag = session.dialog?.localTag;
  const sdp = sdpOf(request);
  if (session.reoffer.type === "received" || isInviteOfferOpen(session)) {
    // §14.2, RFC 3311 §5.2: theirs before is not answered yet; they shall wait up to ten seconds.
    const retryAfter = { name: "Retry-After", value: String(randomUint32(core.options.random) % 11) };
    core.respond(transaction, 500, { toTag, headers: [retryAfter] }, nowMs);
    return;
  }
  // §14.2: ours crosses theirs. An UPDATE without an offer crosses nothing.
  if (session.reoffer.type === "sent" && !(isUpdate && sdp === undefined)) {
    core.respond(transaction, 491, { toTag }, nowMs);
    return;
  }
  if (session.dialog !== undefined) refreshTarget(session.dialog, request);
  if (isUpdate && sdp === undefined) {
    respond2xx(core, session, transaction, { nowMs });
    return;
  }
  if (!isUpdate) core.respond(transaction, 100, {}, nowMs);
  session.reoffer = { type: "received", transaction, isLate: sdp === undefined };
  core.emit({ type: "offer", session: session.id, sdp });
}

/** An initial INVITE whose offer has no answer yet, either way. */
function isInviteOfferOpen(session: Session): boolean {
  if (session.phase === "pending") return true;
  return [...session.unacked.values()].some((unacked) => unacked.isOffer);
}

/** The command. */
export function answerOffer(
  core: Core,
  session: Session,
  answer: { sdp: string } | { status: number; reason: string },
  nowMs: number,
): boolean {
  const { reoffer } = session;
  if (session.phase !== "answered" || reoffer.type !== "received") return false;
  session.reoffer = { type: "none" };
  if ("status" in answer) {
    const { status, reason } = answer;
    core.respond(reoffer.transaction, status, { reason, toTag: session.dialog?.localTag }, nowMs);
    return true;
  }
  const { transaction, isLate } = reoffer;
  // Read first: an answered transaction keeps no request.
  const cseq = cseqOf(transaction.request)?.number ?? 0;
  const response = respond2xx(core, session, transaction, { sdp: answer.sdp, nowMs });
  if (transaction.kind !== "inviteServer") return true;
  awaitAck(core, session, { transaction, response, cseq, isInitial: false, isOffer: isLate }, nowMs);
  return true;
}

function respond2xx(
  core: Core,
  session: Session,
  transaction: Transaction<Owner>,
  more: { sdp?: string; nowMs: number },
): SipResponse {
  const contact = session.dialog?.contact;
  const headers = [...(contact === undefined ? [] : [{ name: "Contact", value: contact }]), ALLOW];
  return core.respond(transaction, 200, { toTag: session.dialog?.localTag, headers, sdp: more.sdp }, more.nowMs);
}
