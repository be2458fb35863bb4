/**
 * 101–199 to an incoming INVITE. Reliable ones (RFC 3262 §3) go one at a time: each is repeated after T1, at doubled
 * intervals, until its PRACK, for 64 × T1; then the INVITE is given up.
 */
import { randomUint32 } from "@voepy/base";
import type { Header } from "../message/message.ts";
import { NO_REASONS } from "../message/reasons.ts";
import { rackOf } from "../message/reliable.ts";
import { serialise } from "../message/serialise.ts";
import { PATIENCE_MS, T1_MS } from "../transaction/timers.ts";
import { sdpOf } from "./body.ts";
import type { Core } from "./core.ts";
import type { CameInDialog } from "./in-dialog.ts";
import { endPending, respondToInvite, sendSuccess } from "./invite-in.ts";
import { holdOffer } from "./open-offer.ts";
import type { InSession, ProvisionalAnswer, Session, Unpracked } from "./session.ts";

/** A proxy's timer C gives up after three minutes of silence (§13.3.1.1 asks for one a minute). */
const PROVISIONAL_EVERY_MS = 60_000;

/** Reliable provisionals that wait behind one that is not acknowledged. */
const MAX_WAITING = 8;

/** The command. */
export function sendProgress(core: Core, session: InSession, answer: ProvisionalAnswer, nowMs: number): boolean {
  const isOpen = session.phase === "pending" && session.accepted === undefined;
  if (!isOpen || answer.status <= 100 || answer.status >= 200) return false;
  if (!isReliable(session, answer)) sendPlainly(core, session, answer, nowMs);
  else if (session.unpracked === undefined) sendReliably(core, session, answer, nowMs);
  else if (session.waiting.length < MAX_WAITING) session.waiting.push(answer);
  else return false;
  return true;
}

function isReliable({ reliability }: InSession, { sdp, reliable }: ProvisionalAnswer): boolean {
  if (reliability !== "supported") return reliability === "required";
  return reliable ?? sdp !== undefined;
}

function sendPlainly(core: Core, session: InSession, answer: ProvisionalAnswer, nowMs: number): void {
  // RFC 3261 §13.2.1: an offer of ours may go in a reliable response only; what is agreed is not said again.
  const sdp = session.hasOffer && !session.dialog.isAgreed ? answer.sdp : undefined;
  respondToInvite(core, session, { ...answer, sdp }, nowMs);
  noteSent(core, session, answer, nowMs);
}

function sendReliably(core: Core, session: InSession, answer: ProvisionalAnswer, nowMs: number): void {
  // §3: the first number is drawn, the next ones follow it.
  session.rseq = session.rseq === 0 ? 1 + (randomUint32(core.options.random) % 2 ** 16) : session.rseq + 1;
  const headers: Header[] = [
    { name: "Require", value: "100rel" },
    { name: "RSeq", value: String(session.rseq) },
    ...(answer.headers ?? []),
  ];
  const sdp = session.dialog.isAgreed ? undefined : answer.sdp;
  const response = respondToInvite(core, session, { ...answer, sdp, headers }, nowMs);
  session.unpracked = {
    rseq: session.rseq,
    bytes: session.transaction.last ?? serialise(response),
    hasSdp: sdp !== undefined,
    giveUpAtMs: nowMs + PATIENCE_MS,
    intervalMs: T1_MS,
  };
  core.setAlarm(session, "prack", nowMs + T1_MS);
  noteSent(core, session, answer, nowMs);
}

function noteSent(core: Core, session: InSession, answer: ProvisionalAnswer, nowMs: number): void {
  session.lastProvisional = answer;
  core.setAlarm(session, "provisional", nowMs + PROVISIONAL_EVERY_MS);
}

/** §13.3.1.1. A reliable one is said anew, under the next number (RFC 3262 §3). */
export function repeatProvisional(core: Core, session: InSession, nowMs: number): void {
  const { lastProvisional, unpracked } = session;
  if (session.phase !== "pending" || lastProvisional === undefined) return;
  const isAgain = isReliable(session, lastProvisional);
  if (isAgain && unpracked !== undefined) noteSent(core, session, lastProvisional, nowMs);
  else
    sendProgress(
      core,
      session,
      isAgain ? { ...lastProvisional, sdp: undefined, reliable: true } : lastProvisional,
      nowMs,
    );
}

/** The wait for a PRACK is over: once more, or never again. */
export function repeatReliable(core: Core, session: InSession, nowMs: number): void {
  const { unpracked, transaction } = session;
  if (session.phase !== "pending" || unpracked === undefined) return;
  if (nowMs >= unpracked.giveUpAtMs) {
    // §3: 5xx; the caller does not hear us.
    endPending(core, session, { status: 504 }, nowMs);
    core.emit({ type: "cancelled", session: session.id, cause: "prack", ...NO_REASONS });
    return;
  }
  core.transactions.repeatsSent++;
  core.send(unpracked.bytes, transaction.peer, session.callId);
  unpracked.intervalMs *= 2;
  core.setAlarm(session, "prack", Math.min(nowMs + unpracked.intervalMs, unpracked.giveUpAtMs));
}

export function receivePrack(core: Core, session: Session, came: CameInDialog, nowMs: number): void {
  const { request, envelope, source } = came;
  const rack = rackOf(request);
  if (rack === undefined) return core.refuseStatelessly(request, envelope, source, { status: 400 });
  const unpracked = session.direction === "in" ? session.unpracked : undefined;
  // §3: one that acknowledges nothing of ours.
  const isOurs = unpracked?.rseq === rack.rseq && rack.method === "INVITE";
  if (session.direction === "out" || unpracked === undefined || !isOurs || rack.cseq !== session.cseq) {
    return core.refuseStatelessly(request, envelope, source, { status: 481 });
  }
  core.stopAlarm(session, "prack");
  session.unpracked = undefined;
  takePrack(core, session, { ...came, unpracked }, nowMs);
  goOn(core, session, nowMs);
}

function takePrack(
  core: Core,
  session: InSession,
  came: CameInDialog & { readonly unpracked: Unpracked },
  nowMs: number,
): void {
  const { request, envelope, source, dialog, unpracked } = came;
  const transaction = core.serve(request, envelope, source, { usage: "prack", session: session.id });
  const sdp = sdpOf(request);
  const wasOffer = unpracked.hasSdp && !session.hasOffer;
  if (unpracked.hasSdp && (session.hasOffer || sdp !== undefined)) dialog.isAgreed = true;
  // §5: a PRACK may bring the next offer; its 2xx brings our answer.
  if (sdp !== undefined && !wasOffer && dialog.isAgreed && session.reoffer.type === "none") {
    holdOffer(core, session, { dialog, sdp, reply: { by: "response", transaction, isLate: false } });
    return;
  }
  core.respond(transaction, 200, { toTag: session.localTag }, nowMs);
  if (wasOffer) core.emit({ type: "offerAnswered", session: session.id, sdp });
}

/** What waited for the PRACK. */
function goOn(core: Core, session: InSession, nowMs: number): void {
  if (session.phase !== "pending") return;
  const { accepted } = session;
  if (accepted !== undefined) {
    session.accepted = undefined;
    sendSuccess(core, session, accepted, nowMs);
    return;
  }
  const next = session.waiting.shift();
  if (next !== undefined) sendReliably(core, session, next, nowMs);
}
