/** What comes of a request of ours in a session goes to the usage that sent it. */
import type { SipResponse } from "../message/message.ts";
import type { Transaction } from "../transaction/transaction.ts";
import { endBroken } from "./bye.ts";
import type { Core } from "./core.ts";
import { retryWithCredentials } from "./credentials.ts";
import { outFailed, receiveOutResponse } from "./failover.ts";
import { notifyRefused } from "./refer-in.ts";
import { failRefer, receiveReferResponse } from "./refer-out.ts";
import { receiveRefreshResponse } from "./refresh.ts";
import { offerFailed, receiveOfferResponse } from "./reoffer.ts";
import type { Owner, Session } from "./session.ts";

interface Came {
  readonly transaction: Transaction<Owner>;
  readonly response: SipResponse;
}

export function receiveSessionResponse(core: Core, session: Session, came: Came, nowMs: number): void {
  const { response } = came;
  switch (came.transaction.owner.usage) {
    case "invite":
      if (session.direction === "out") receiveOutResponse(core, session, came, nowMs);
      return;
    case "reinvite":
    case "update":
      return receiveOfferResponse(core, session, came, nowMs);
    case "refresh":
      return receiveRefreshResponse(core, session, came, nowMs);
    case "refer":
      return receiveReferResponse(core, session, came, nowMs);
    case "notify":
      if (isFinalRefusal(core, session, came, nowMs)) notifyRefused(core, session);
      return;
    case "info":
      // §12.2.1.2: the peer no longer knows the dialog.
      if (isFinalRefusal(core, session, came, nowMs) && response.status === 481 && session.phase === "answered") {
        endBroken(core, session, "transport", nowMs);
      }
      return;
    case "bye":
    case "prack":
      // Nothing depends on how they are refused; the answer to a challenge is all that can be done.
      isFinalRefusal(core, session, came, nowMs);
      return;
    default:
      return;
  }
}

/** A final refusal that is not a challenge we have answered. */
function isFinalRefusal(core: Core, session: Session, came: Came, nowMs: number): boolean {
  if (came.response.status < 300) return false;
  return retryWithCredentials(core, session, came, nowMs) === undefined;
}

/** No final response came. */
export function sessionRequestFailed(
  core: Core,
  session: Session,
  { transaction, cause }: { transaction: Transaction<Owner>; cause: "timeout" | "transport" },
  nowMs: number,
): void {
  switch (transaction.owner.usage) {
    case "invite":
      if (session.direction === "out") outFailed(core, session, transaction, { cause, nowMs });
      return;
    case "reinvite":
    case "update":
      return offerFailed(core, session, nowMs);
    case "refresh":
      // RFC 4028 §10: the peer is gone.
      if (session.phase === "answered") endBroken(core, session, "transport", nowMs);
      return;
    case "refer":
      return failRefer(
        core,
        session,
        cause === "timeout"
          ? { status: 408, reason: "Request Timeout" }
          : { status: 503, reason: "Service Unavailable" },
      );
    case "notify":
      return notifyRefused(core, session);
    default:
      return;
  }
}
