/**
 * A 2xx to INVITE is the user agent's to repeat until the ACK comes, on every transport (RFC 3261 §13.3.1.4): after T1,
 * at doubled intervals up to T2, for 64 × T1.
 */
import type { SipResponse } from "../message/message.ts";
import { serialise } from "../message/serialise.ts";
import { PATIENCE_MS, T1_MS, T2_MS } from "../transaction/timers.ts";
import type { Transaction } from "../transaction/transaction.ts";
import type { Core } from "./core.ts";
import type { Owner, Session, Unacked } from "./session.ts";

export function awaitAck(
  core: Core,
  session: Session,
  sent: { transaction: Transaction<Owner>; response: SipResponse; cseq: number; isInitial: boolean; isOffer: boolean },
  nowMs: number,
): void {
  const { transaction, cseq, isInitial, isOffer } = sent;
  const unacked: Unacked = {
    bytes: transaction.last ?? serialise(sent.response),
    peer: transaction.peer,
    isInitial,
    isOffer,
    giveUpAtMs: nowMs + PATIENCE_MS,
    intervalMs: T1_MS,
    deadline: undefined,
  };
  session.unacked.set(cseq, unacked);
  arm(core, session, cseq, nowMs);
}

/** Sends again, or returns what was never acknowledged. */
export function repeat2xx(core: Core, session: Session, cseq: number, nowMs: number): Unacked | undefined {
  const unacked = session.unacked.get(cseq);
  if (unacked === undefined) return undefined;
  if (nowMs >= unacked.giveUpAtMs) {
    session.unacked.delete(cseq);
    return unacked;
  }
  core.transactions.repeatsSent++;
  core.send(unacked.bytes, unacked.peer, session.callId);
  unacked.intervalMs = Math.min(unacked.intervalMs * 2, T2_MS);
  arm(core, session, cseq, nowMs);
  return undefined;
}

/** The ACK's 2xx; undefined for a repeated or unknown ACK. */
export function takeAck(core: Core, session: Session, cseq: number): Unacked | undefined {
  const unacked = session.unacked.get(cseq);
  if (unacked === undefined) return undefined;
  core.deadlines.cancel(unacked.deadline);
  session.unacked.delete(cseq);
  return unacked;
}

function arm(core: Core, session: Session, cseq: number, nowMs: number): void {
  const unacked = session.unacked.get(cseq);
  if (unacked === undefined) return;
  const atMs = Math.min(nowMs + unacked.intervalMs, unacked.giveUpAtMs);
  unacked.deadline = core.deadlines.arm(atMs, { type: "repeat2xx", session: session.id, cseq });
}
