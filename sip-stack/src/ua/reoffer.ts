/**
 * A new offer of ours inside a session: re-INVITE (RFC 3261 §14.1) or UPDATE (RFC 3311 §5.1), at most one at a time. What
 * the peer cannot take now is tried again after a wait.
 */
import { randomUint32 } from "@voepy/base";
import { type Dialog, refreshTarget } from "../dialog/dialog.ts";
import { timerOfResponse, timerRequestHeaders } from "../dialog/session-timer.ts";
import type { SipResponse } from "../message/message.ts";
import { minSeOf } from "../message/session-expires.ts";
import { cseqOf, retryAfterOf } from "../message/values.ts";
import type { Transaction } from "../transaction/transaction.ts";
import { sdpOf } from "./body.ts";
import { endBroken } from "./bye.ts";
import { ALLOW, type Core } from "./core.ts";
import { credentialHeaders, retryWithCredentials } from "./credentials.ts";
import { sdpBody, sendAck, sendInDialog } from "./in-dialog.ts";
import { isBusy } from "./open-offer.ts";
import type { Owner, OwnOffer, Session } from "./session.ts";
import { keepTimer } from "./session-clock.ts";

/** 491 again and again is not glare. */
const MOST_ATTEMPTS = 5;

/** Every proxy on the way may demand more once; a peer that always does is playing. */
const MOST_RAISES = 4;

/** Longest wait that a Retry-After is granted. */
const MOST_WAIT_SECS = 30;

/** The command. */
export function offer(core: Core, session: Session, what: Pick<OwnOffer, "sdp" | "by">, nowMs: number): boolean {
  const dialog = session.phase === "answered" ? session.dialog : earlyDialog(session);
  if (dialog === undefined || isBusy(session) || session.deferred !== undefined) return false;
  // RFC 3311 §5.1: an early dialog takes UPDATE only; a confirmed one re-INVITE where UPDATE is not known.
  const isUpdate = session.phase === "pending" || (what.by === "UPDATE" && dialog.remoteAllow.includes("UPDATE"));
  const own: OwnOffer = { sdp: what.sdp, by: isUpdate ? "UPDATE" : "INVITE", attempt: 1, isRefresh: false };
  sendOffer(core, session, { dialog, ...own }, nowMs);
  return true;
}

/** The early dialog heard last, where it may be re-offered in: the first offer has its answer, UPDATE is known. */
function earlyDialog(session: Session): Dialog | undefined {
  if (session.phase !== "pending") return undefined;
  const dialog = session.direction === "in" ? session.dialog : session.early.get(session.lastBranch ?? "");
  return dialog?.isAgreed === true && dialog.remoteAllow.includes("UPDATE") ? dialog : undefined;
}

export function sendOffer(core: Core, session: Session, what: { dialog: Dialog } & OwnOffer, nowMs: number): void {
  const { dialog, by, sdp } = what;
  session.reoffer = { type: "sent", ...what };
  // RFC 4028 §7.4: in an answered session it refreshes as well.
  const timer = session.phase === "answered" ? timerRequestHeaders(session.timers, session) : [];
  const headers = [ALLOW, core.supported(session.timers), ...timer];
  const usage = by === "UPDATE" ? "update" : "reinvite";
  sendInDialog(core, session, { dialog, method: by, usage, headers, body: sdpBody(sdp) }, nowMs);
}

/** The wait after a 491 is over. */
export function offerAgain(core: Core, session: Session, nowMs: number): void {
  const { deferred } = session;
  if (deferred === undefined || (session.phase !== "answered" && session.phase !== "pending")) return;
  if (isBusy(session)) return core.setAlarm(session, "reoffer", nowMs + glareWaitMs(core, session));
  session.deferred = undefined;
  sendOffer(core, session, { ...deferred, attempt: deferred.attempt + 1 }, nowMs);
}

export function receiveOfferResponse(
  core: Core,
  session: Session,
  came: { transaction: Transaction<Owner>; response: SipResponse },
  nowMs: number,
): void {
  const { transaction, response } = came;
  if (response.status < 200) return;
  if (response.status >= 300) return receiveRefusal(core, session, came, nowMs);
  const { reoffer } = session;
  const dialog = reoffer.type === "sent" ? reoffer.dialog : session.dialog;
  if (dialog === undefined) return;
  refreshTarget(dialog, response);
  const cseq = cseqOf(transaction.request)?.number ?? dialog.localCseq;
  // Every 2xx gets its ACK, also the repeated one and one that comes after BYE (§13.2.2.4).
  const isInvite = transaction.kind === "inviteClient";
  if (isInvite) sendAck(core, dialog, cseq, { credentials: credentialHeaders(transaction.request) });
  if (!isTalking(session) || reoffer.type !== "sent") return;
  session.reoffer = { type: "none" };
  session.localSdp = reoffer.sdp;
  if (session.phase === "answered") keepTimer(core, session, timerOfResponse(session.timers, response), nowMs);
  if (!reoffer.isRefresh) core.emit({ type: "offerAnswered", session: session.id, sdp: sdpOf(response) });
}

function isTalking(session: Session): boolean {
  return session.phase === "answered" || session.phase === "pending";
}

function receiveRefusal(
  core: Core,
  session: Session,
  { transaction, response }: { transaction: Transaction<Owner>; response: SipResponse },
  nowMs: number,
): void {
  const { reoffer } = session;
  if (!isTalking(session) || reoffer.type !== "sent") return;
  if (retryWithCredentials(core, session, { transaction, response }, nowMs) !== undefined) return;
  // §12.2.1.2: the peer knows no such dialog, or is gone.
  const isGone = response.status === 481 || response.status === 408;
  if (isGone && session.phase === "answered") return endBroken(core, session, "transport", nowMs);
  session.reoffer = { type: "none" };
  const { type: _, ...own } = reoffer;
  if (own.attempt < MOST_ATTEMPTS && tryOtherwise(core, session, { own, response }, nowMs)) return;
  if (!own.isRefresh) core.emit({ type: "offerRefused", session: session.id, status: response.status });
}

/** Whether the offer has been, or will be, sent once more. */
function tryOtherwise(
  core: Core,
  session: Session,
  { own, response }: { own: { dialog: Dialog } & OwnOffer; response: SipResponse },
  nowMs: number,
): boolean {
  const { status } = response;
  const again = { ...own, attempt: own.attempt + 1 };
  const isUnknown = own.by === "UPDATE" && (status === 405 || status === 501) && session.phase === "answered";
  if (isUnknown) {
    own.dialog.remoteAllow = own.dialog.remoteAllow.filter((method) => method !== "UPDATE");
    sendOffer(core, session, { ...again, by: "INVITE" }, nowMs);
    return true;
  }
  if (status === 422 && raiseInterval(session, response)) {
    sendOffer(core, session, again, nowMs);
    return true;
  }
  const waitMs = waitAfter(core, session, response);
  if (waitMs === undefined) return false;
  session.deferred = own;
  core.setAlarm(session, "reoffer", nowMs + waitMs);
  return true;
}

/** How long to wait before the same request may be tried again; undefined: not at all. */
export function waitAfter(core: Core, session: Session, response: SipResponse): number | undefined {
  if (response.status === 491) return glareWaitMs(core, session);
  // RFC 3311 §5.3, §14.1: 500 means not now where it says when.
  const secs = response.status === 500 || response.status === 503 ? retryAfterOf(response) : undefined;
  return secs === undefined || secs > MOST_WAIT_SECS ? undefined : Math.max(secs, 1) * 1000;
}

/** 422 (RFC 4028 §7.3). False when it demands nothing new. */
export function raiseInterval(session: Session, response: SipResponse): boolean {
  const leastSecs = minSeOf(response);
  if (session.timers.mode === "off" || leastSecs === undefined || leastSecs <= session.minSeSecs) return false;
  if (session.raises >= MOST_RAISES) return false;
  session.raises++;
  session.minSeSecs = leastSecs;
  return true;
}

/** §14.1: the owner of the Call-ID waits 2.1–4 s, the other 0–2 s, in steps of 10 ms. */
export function glareWaitMs(core: Core, session: Session): number {
  const draw = randomUint32(core.options.random);
  return session.direction === "out" ? 2100 + (draw % 191) * 10 : (draw % 201) * 10;
}

/** No final response to our offer: the peer is gone (§12.2.1.2). */
export function offerFailed(core: Core, session: Session, nowMs: number): void {
  if (session.phase === "answered") return endBroken(core, session, "transport", nowMs);
  if (session.phase !== "pending" || session.reoffer.type !== "sent") return;
  session.reoffer = { type: "none" };
  core.emit({ type: "offerRefused", session: session.id, status: 408 });
}
