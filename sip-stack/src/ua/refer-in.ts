/**
 * REFER of the peer (RFC 3515): the user decides, and reports how the call goes in NOTIFYs of the subscription that the
 * REFER opens, or in none where the peer wants none (RFC 4488).
 */
import { dialogKey } from "../dialog/dialog.ts";
import { textBody } from "../message/build.ts";
import { headerOf, headersOf } from "../message/message.ts";
import { parseNameAddr } from "../message/name-addr.ts";
import { parseReferTo, type ReferTo } from "../message/refer-to.ts";
import { makeSipfrag, SIPFRAG_TYPE } from "../message/sipfrag.ts";
import type { Core } from "./core.ts";
import { type CameInDialog, sendInDialog } from "./in-dialog.ts";
import type { ReferIn, Session } from "./session.ts";

/** How long a referred call may take to be settled (§2.4.4): longer than anything rings. */
const SUBSCRIPTION_SECS = 300;

export function receiveRefer(core: Core, session: Session, came: CameInDialog, nowMs: number): void {
  const { request, envelope, source, dialog } = came;
  const values = headersOf(request, "refer-to");
  // §2.4.1: exactly one.
  const referTo = values.length === 1 ? parseReferTo(values[0]!) : undefined;
  const status = session.phase !== "answered" ? 403 : referTo === undefined ? 400 : undefined;
  if (status !== undefined) return core.refuseStatelessly(request, envelope, source, { status });
  const transaction = core.serve(request, envelope, source, { usage: "refer", session: session.id });
  if (session.referIn !== undefined || referTo === undefined) {
    // One at a time.
    const headers = [{ name: "Retry-After", value: "10" }];
    core.respond(transaction, 500, { toTag: dialog.localTag, headers }, nowMs);
    return;
  }
  const isSilent = (headerOf(request, "refer-sub") ?? "").trim().toLowerCase() === "false";
  session.referIn = { cseq: envelope.cseqNumber, transaction, isSilent };
  core.emit({
    type: "refer",
    session: session.id,
    referTo: referTo.uri,
    replaces: referTo.replaces,
    replacesSession: ownSession(core, referTo),
    referredBy: parseNameAddr(headerOf(request, "referred-by") ?? "")?.uri,
    headers: request.headers,
  });
}

/** The tags of Replaces are as the called party sees them; where that party is reached through us, one dialog is ours. */
function ownSession(core: Core, { replaces }: ReferTo): string | undefined {
  if (replaces === undefined) return undefined;
  const { callId, toTag, fromTag } = replaces;
  return (
    core.dialogs.get(dialogKey(callId, toTag, fromTag))?.id ?? core.dialogs.get(dialogKey(callId, fromTag, toTag))?.id
  );
}

/** The command. */
export function answerRefer(
  core: Core,
  session: Session,
  answer: { readonly status: number; readonly reason?: string },
  nowMs: number,
): boolean {
  const { referIn, dialog } = session;
  const { status, reason } = answer;
  if (referIn?.transaction === undefined || dialog === undefined || status < 200 || status > 699) return false;
  const { transaction, isSilent } = referIn;
  referIn.transaction = undefined;
  const isAccepted = status < 300;
  // RFC 4488 §4: said back, so that the peer knows that no NOTIFY comes.
  const headers = [{ name: "Contact", value: dialog.contact }];
  if (isAccepted && isSilent) headers.push({ name: "Refer-Sub", value: "false" });
  core.respond(transaction, status, { reason, toTag: dialog.localTag, headers: isAccepted ? headers : [] }, nowMs);
  if (!isAccepted || isSilent) {
    session.referIn = undefined;
    return true;
  }
  core.setAlarm(session, "subscription", nowMs + SUBSCRIPTION_SECS * 1000);
  // §2.4.4: at once.
  sendNotify(core, session, { referIn, status: 100, state: `active;expires=${SUBSCRIPTION_SECS}` }, nowMs);
  return true;
}

/** The command. */
export function notifyRefer(
  core: Core,
  session: Session,
  told: { readonly status: number; readonly reason?: string; readonly final: boolean },
  nowMs: number,
): boolean {
  const { referIn } = session;
  if (session.phase !== "answered" || referIn === undefined || referIn.transaction !== undefined) return false;
  const untilMs = session.alarms.get("subscription")?.atMs ?? nowMs;
  const leftSecs = Math.max(0, Math.round((untilMs - nowMs) / 1000));
  // §2.4.7: no more resource to watch.
  const state = told.final ? "terminated;reason=noresource" : `active;expires=${leftSecs}`;
  sendNotify(core, session, { referIn, status: told.status, reason: told.reason, state }, nowMs);
  if (told.final) forget(core, session);
  return true;
}

/** The alarm: nobody has said how the call went. */
export function subscriptionExpired(core: Core, session: Session, nowMs: number): void {
  const { referIn } = session;
  if (session.phase !== "answered" || referIn === undefined) return;
  sendNotify(core, session, { referIn, status: 408, state: "terminated;reason=timeout" }, nowMs);
  forget(core, session);
}

function sendNotify(
  core: Core,
  session: Session,
  notify: { referIn: ReferIn; status: number; reason?: string | undefined; state: string },
  nowMs: number,
): void {
  const { dialog } = session;
  if (dialog === undefined) return;
  const headers = [
    // §2.4.6: which REFER of the dialog.
    { name: "Event", value: `refer;id=${notify.referIn.cseq}` },
    { name: "Subscription-State", value: notify.state },
  ];
  const body = textBody(SIPFRAG_TYPE, makeSipfrag(notify.status, notify.reason));
  sendInDialog(core, session, { dialog, method: "NOTIFY", usage: "notify", headers, body }, nowMs);
}

/** RFC 6665 §4.2.2: a NOTIFY that is refused ends the subscription, not the call. */
export function notifyRefused(core: Core, session: Session): void {
  forget(core, session);
}

function forget(core: Core, session: Session): void {
  core.stopAlarm(session, "subscription");
  session.referIn = undefined;
}

/** The session ends: a REFER that waits for an answer gets 487. */
export function dropRefer(core: Core, session: Session, nowMs: number): void {
  const { referIn, dialog } = session;
  session.referIn = undefined;
  if (referIn?.transaction === undefined) return;
  core.respond(referIn.transaction, 487, { toTag: dialog?.localTag }, nowMs);
}
