/**
 * An offer of the peer inside a session: re-INVITE (RFC 3261 §14.2) or UPDATE (RFC 3311 §5.2), at most one at a time. One
 * that crosses ours is refused with 491, one too many with 500 and a wait.
 */
import { randomUint32 } from "@voepy/base";
import { type Dialog, refreshTarget } from "../dialog/dialog.ts";
import { grantTimer, type SessionTimer } from "../dialog/session-timer.ts";
import type { Header, SipRequest, SipResponse } from "../message/message.ts";
import { cseqOf } from "../message/values.ts";
import type { Transaction } from "../transaction/transaction.ts";
import { sdpOf } from "./body.ts";
import { ALLOW, type Core } from "./core.ts";
import { acknowledge } from "./forks.ts";
import type { CameInDialog } from "./in-dialog.ts";
import { holdOffer } from "./open-offer.ts";
import { sendPrack } from "./provisional-out.ts";
import { awaitAck } from "./repeat-2xx.ts";
import type { OfferReply, Owner, Session } from "./session.ts";
import { keepTimer } from "./session-clock.ts";

/** re-INVITE or UPDATE. */
export function receiveOffer(core: Core, session: Session, came: CameInDialog, nowMs: number): void {
  const { request, envelope, source, dialog } = came;
  const isUpdate = request.method === "UPDATE";
  const transaction = core.serve(request, envelope, source, {
    usage: isUpdate ? "update" : "reinvite",
    session: session.id,
  });
  const sdp = sdpOf(request);
  const status = obstacle(session, { isUpdate, hasSdp: sdp !== undefined, dialog });
  if (status !== undefined) {
    // §14.2: up to ten seconds.
    const wait = { name: "Retry-After", value: String(randomUint32(core.options.random) % 11) };
    core.respond(transaction, status, { toTag: dialog.localTag, headers: status === 500 ? [wait] : [] }, nowMs);
    return;
  }
  refreshTarget(dialog, request);
  if (isUpdate && sdp === undefined) {
    succeed(core, session, { dialog, transaction }, nowMs);
    return;
  }
  if (!isUpdate) core.respond(transaction, 100, {}, nowMs);
  holdOffer(core, session, { dialog, sdp, reply: { by: "response", transaction, isLate: sdp === undefined } });
}

/** Why it cannot be taken now. */
function obstacle(
  session: Session,
  came: { readonly isUpdate: boolean; readonly hasSdp: boolean; readonly dialog: Dialog },
): 491 | 500 | undefined {
  const { isUpdate, hasSdp, dialog } = came;
  // RFC 3311 §5.2, §14.2: theirs before is not answered yet.
  if (session.reoffer.type === "received") return 500;
  // An UPDATE without an offer crosses nothing.
  if (isUpdate && !hasSdp) return undefined;
  if (session.reoffer.type === "sent") return 491;
  // Theirs of the first INVITE waits for us, or ours for them.
  const isFirstOpen = session.phase === "pending" && (!isUpdate || !dialog.isAgreed);
  if (isFirstOpen) return session.direction === "in" && session.hasOffer ? 500 : 491;
  return [...session.unacked.values()].some((unacked) => unacked.isOffer) ? 500 : undefined;
}

/** The command. */
export function answerOffer(
  core: Core,
  session: Session,
  answer: { sdp: string } | { status: number; reason: string },
  nowMs: number,
): boolean {
  const { reoffer } = session;
  const isOpen = session.phase === "answered" || session.phase === "pending";
  if (!isOpen || reoffer.type !== "received") return false;
  session.reoffer = { type: "none" };
  const { dialog, reply } = reoffer;
  if ("sdp" in answer) {
    session.localSdp = answer.sdp;
    dialog.isAgreed = reply.by !== "response" || !reply.isLate || dialog.isAgreed;
  }
  if (reply.by === "response") answerRequest(core, session, { dialog, reply, answer }, nowMs);
  else if (session.direction === "out") {
    const sdp = "sdp" in answer ? answer.sdp : undefined;
    // A provisional or 2xx cannot be refused; without an answer the call is the user's to end.
    if (reply.by === "ack") acknowledge(core, session, dialog, { sdp });
    else sendPrack(core, session, { dialog, rack: reply.rack, ...(sdp !== undefined && { sdp }) }, nowMs);
  }
  return true;
}

function answerRequest(
  core: Core,
  session: Session,
  what: {
    readonly dialog: Dialog;
    readonly reply: OfferReply & { by: "response" };
    readonly answer: { sdp: string } | { status: number; reason: string };
  },
  nowMs: number,
): void {
  const { dialog, reply, answer } = what;
  const { transaction, isLate } = reply;
  if ("status" in answer) {
    core.respond(transaction, answer.status, { reason: answer.reason, toTag: dialog.localTag }, nowMs);
    return;
  }
  // Read first: an answered transaction keeps no request.
  const cseq = cseqOf(transaction.request)?.number ?? 0;
  const response = succeed(core, session, { dialog, transaction, sdp: answer.sdp }, nowMs);
  if (transaction.kind !== "inviteServer") return;
  awaitAck(core, session, { transaction, response, cseq, isInitial: false, isOffer: isLate }, nowMs);
}

function succeed(
  core: Core,
  session: Session,
  what: { readonly dialog: Dialog; readonly transaction: Transaction<Owner>; readonly sdp?: string },
  nowMs: number,
): SipResponse {
  const { dialog, transaction, sdp } = what;
  const granted = grantRefresh(session, transaction.request);
  const headers = [
    { name: "Contact", value: dialog.contact },
    ALLOW,
    core.supported(session.timers),
    ...granted.headers,
  ];
  const response = core.respond(transaction, 200, { toTag: dialog.localTag, headers, sdp }, nowMs);
  if (granted.counts) keepTimer(core, session, granted.timer, nowMs);
  return response;
}

/** RFC 4028 §9: re-INVITE and UPDATE of an answered session refresh it; a PRACK does not. */
function grantRefresh(
  session: Session,
  request: SipRequest,
): { counts: boolean; timer: SessionTimer | undefined; headers: readonly Header[] } {
  const counts = session.phase === "answered" && request.method !== "PRACK";
  if (!counts) return { counts, timer: undefined, headers: [] };
  return { counts, ...grantTimer(session.timers, request) };
}
