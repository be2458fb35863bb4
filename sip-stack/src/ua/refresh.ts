/**
 * Keeping a session alive (RFC 4028 §10): the refresher sends UPDATE without a body, or a re-INVITE with the same SDP to
 * a peer that does not know UPDATE, when half of the interval is over. A 2xx starts the interval anew.
 */
import { refreshTarget } from "../dialog/dialog.ts";
import { timerOfResponse, timerRequestHeaders } from "../dialog/session-timer.ts";
import type { SipResponse } from "../message/message.ts";
import type { Transaction } from "../transaction/transaction.ts";
import { endBroken } from "./bye.ts";
import { ALLOW, type Core } from "./core.ts";
import { retryWithCredentials } from "./credentials.ts";
import { sendInDialog } from "./in-dialog.ts";
import { isBusy } from "./open-offer.ts";
import { glareWaitMs, raiseInterval, sendOffer, waitAfter } from "./reoffer.ts";
import type { Owner, Session } from "./session.ts";
import { keepTimer } from "./session-clock.ts";

/** The alarm: time to refresh. */
export function refresh(core: Core, session: Session, nowMs: number): void {
  const { dialog, localSdp, timers } = session;
  if (session.phase !== "answered" || session.timer === undefined || dialog === undefined) return;
  // An open offer refreshes as well; if it does not, the next look does.
  if (isBusy(session) || session.deferred !== undefined) {
    return core.setAlarm(session, "refresh", nowMs + glareWaitMs(core, session));
  }
  if (dialog.remoteAllow.includes("UPDATE")) {
    const headers = [ALLOW, core.supported(timers), ...timerRequestHeaders(timers, session)];
    sendInDialog(core, session, { dialog, method: "UPDATE", usage: "refresh", headers }, nowMs);
  } else if (localSdp !== undefined) {
    // §7.4: the same SDP, its version included, says that nothing has changed.
    sendOffer(core, session, { dialog, sdp: localSdp, by: "INVITE", attempt: 1, isRefresh: true }, nowMs);
  }
}

/** To an UPDATE without an offer. */
export function receiveRefreshResponse(
  core: Core,
  session: Session,
  came: { transaction: Transaction<Owner>; response: SipResponse },
  nowMs: number,
): void {
  const { response } = came;
  const { dialog } = session;
  if (response.status < 200 || session.phase !== "answered" || dialog === undefined) return;
  if (response.status < 300) {
    refreshTarget(dialog, response);
    return keepTimer(core, session, timerOfResponse(session.timers, response), nowMs);
  }
  if (retryWithCredentials(core, session, came, nowMs) !== undefined) return;
  // §10: the peer knows no such dialog, or is gone.
  if (response.status === 481 || response.status === 408) return endBroken(core, session, "transport", nowMs);
  const isUnknown = response.status === 405 || response.status === 501;
  if (isUnknown) dialog.remoteAllow = dialog.remoteAllow.filter((method) => method !== "UPDATE");
  if (isUnknown || (response.status === 422 && raiseInterval(session, response))) return refresh(core, session, nowMs);
  // Anything else changes nothing (RFC 3261 §14.1): once more while there is time, then the expiry ends the session.
  core.setAlarm(session, "refresh", nowMs + (waitAfter(core, session, response) ?? MOMENT_MS));
}

/** Between tries of a refresh that was refused without a reason to wait for. */
const MOMENT_MS = 10_000;

/** No refresh came in time, ours or theirs. */
export function expire(core: Core, session: Session, nowMs: number): void {
  if (session.phase === "answered") endBroken(core, session, "sessionExpired", nowMs);
}
