/** Ending an answered session (RFC 3261 §15), from either side. */
import type { Dialog } from "../dialog/dialog.ts";
import type { Header } from "../message/message.ts";
import { NO_REASONS, reasonsOf } from "../message/reasons.ts";
import type { Core } from "./core.ts";
import { type CameInDialog, sendInDialog } from "./in-dialog.ts";
import { dropReoffer } from "./open-offer.ts";
import { dropRefer } from "./refer-in.ts";
import type { Session } from "./session.ts";
import type { SipEvent } from "./types.ts";

type EndCause = (SipEvent & { type: "ended" })["cause"];

/** The command. No event follows. */
export function bye(core: Core, session: Session, headers: readonly Header[], nowMs: number): boolean {
  if (session.phase !== "answered") return false;
  const awaitsAck = [...session.unacked.values()].some((unacked) => unacked.isInitial);
  if (awaitsAck) {
    // §15: the callee must not send BYE before the ACK came or its 2xx was given up.
    session.phase = "closing";
    session.byeHeaders = headers;
    return true;
  }
  sendBye(core, session, headers, nowMs);
  return true;
}

export function sendBye(core: Core, session: Session, headers: readonly Header[], nowMs: number): void {
  const { dialog } = session;
  finishRequests(core, session, nowMs);
  if (dialog !== undefined) byeDialog(core, session, dialog, { headers, nowMs });
  core.close(session);
}

/** BYE on one dialog only: an extra fork (§13.2.2.4). */
export function byeDialog(
  core: Core,
  session: Session,
  dialog: Dialog,
  more: { readonly headers?: readonly Header[]; readonly nowMs: number },
): void {
  sendInDialog(core, session, { dialog, method: "BYE", usage: "bye", headers: more.headers ?? [] }, more.nowMs);
}

/** The session ends without the peer having said BYE: tells the peer, then the user. */
export function endBroken(core: Core, session: Session, cause: EndCause, nowMs: number): void {
  if (session.phase === "over") return;
  const isTold = session.phase === "closing";
  sendBye(core, session, session.byeHeaders, nowMs);
  if (!isTold) core.emit({ type: "ended", session: session.id, cause, ...NO_REASONS });
}

/** A BYE on the confirmed dialog. */
export function receiveBye(core: Core, session: Session, came: CameInDialog, nowMs: number): void {
  const transaction = core.serve(came.request, came.envelope, came.source, { usage: "none" });
  core.respond(transaction, 200, {}, nowMs);
  const isTold = session.phase !== "answered";
  finishRequests(core, session, nowMs);
  core.close(session);
  if (!isTold) core.emit({ type: "ended", session: session.id, cause: "bye", ...reasonsOf(came.request) });
}

/** §15.1.2: requests that wait for our answer get 487. */
function finishRequests(core: Core, session: Session, nowMs: number): void {
  dropReoffer(core, session, nowMs);
  dropRefer(core, session, nowMs);
}
