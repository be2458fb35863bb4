/** REFER of ours (RFC 3515), with Referred-By (RFC 3892) and Replaces (RFC 3891), and the NOTIFYs that report on it. */
import type { Dialog } from "../dialog/dialog.ts";
import { type Header, headerOf, type SipRequest, type SipResponse } from "../message/message.ts";
import { parseNameAddr } from "../message/name-addr.ts";
import { paramOf, parseParams } from "../message/params.ts";
import { printReferTo } from "../message/refer-to.ts";
import type { Replaced } from "../message/replaces.ts";
import { readSipfrag } from "../message/sipfrag.ts";
import type { Transaction } from "../transaction/transaction.ts";
import { textOf } from "./body.ts";
import { endBroken } from "./bye.ts";
import type { Core } from "./core.ts";
import { retryWithCredentials } from "./credentials.ts";
import { type CameInDialog, sendInDialog } from "./in-dialog.ts";
import type { Owner, ReferOut, Session } from "./session.ts";
import type { SessionId } from "./types.ts";

export interface ReferRequest {
  /** URI. */
  readonly to: string;
  readonly replaces?: SessionId | undefined;
  readonly headers?: readonly Header[] | undefined;
}

/** The command. */
export function refer(core: Core, session: Session, wanted: ReferRequest, nowMs: number): boolean {
  const { dialog } = session;
  if (session.phase !== "answered" || dialog === undefined || session.referOut !== undefined) return false;
  const other = wanted.replaces === undefined ? undefined : core.sessions.get(wanted.replaces)?.dialog;
  if (wanted.replaces !== undefined && other === undefined) return false;
  const replaces = other === undefined ? undefined : replacedBy(other);
  const headers = [
    { name: "Refer-To", value: printReferTo({ uri: wanted.to, replaces }) },
    ...referredBy(dialog, wanted.headers ?? []),
    ...(wanted.headers ?? []),
  ];
  sendInDialog(core, session, { dialog, method: "REFER", usage: "refer", headers }, nowMs);
  session.referOut = { firstCseq: dialog.localCseq, lastCseq: dialog.localCseq, isAccepted: false };
  return true;
}

/** RFC 3891 §3: seen from the far end of that dialog, who gets the INVITE, its own tag is the to-tag. */
function replacedBy({ callId, localTag, remoteTag }: Dialog): Replaced {
  return { callId, toTag: remoteTag, fromTag: localTag, earlyOnly: false };
}

/** RFC 3892 §2.1: who asks, unless the user says it otherwise. */
function referredBy(dialog: Dialog, given: readonly Header[]): Header[] {
  if (given.some(({ name }) => name.toLowerCase() === "referred-by")) return [];
  const uri = parseNameAddr(dialog.local)?.uri;
  return uri === undefined ? [] : [{ name: "Referred-By", value: `<${uri}>` }];
}

export function receiveReferResponse(
  core: Core,
  session: Session,
  came: { transaction: Transaction<Owner>; response: SipResponse },
  nowMs: number,
): void {
  const { response } = came;
  const { referOut } = session;
  if (response.status < 200 || referOut === undefined || session.phase !== "answered") return;
  if (response.status < 300) {
    const isSilent = (headerOf(response, "refer-sub") ?? "").trim().toLowerCase() === "false";
    if (!referOut.isAccepted) core.emit({ type: "referAccepted", session: session.id, isSilent });
    referOut.isAccepted = true;
    // RFC 4488 §4: nothing more will be told.
    if (isSilent) session.referOut = undefined;
    return;
  }
  if (retryWithCredentials(core, session, came, nowMs) !== undefined) {
    referOut.lastCseq = session.dialog?.localCseq ?? referOut.lastCseq;
    return;
  }
  failRefer(core, session, response);
  // §12.2.1.2: the peer no longer knows the dialog.
  if (response.status === 481) endBroken(core, session, "transport", nowMs);
}

/** Refused, or (408, 503) never answered. */
export function failRefer(core: Core, session: Session, why: { status: number; reason: string }): void {
  if (session.referOut === undefined) return;
  session.referOut = undefined;
  if (session.phase !== "answered") return;
  core.emit({ type: "referFailed", session: session.id, status: why.status, reason: why.reason });
}

export function receiveNotify(core: Core, session: Session, came: CameInDialog, nowMs: number): void {
  const { request, envelope, source } = came;
  const event = (headerOf(request, "event") ?? "").split(";", 1)[0]!.trim().toLowerCase();
  if (event !== "refer") {
    // RFC 6665 §4.1.3: a package nobody subscribed to.
    const headers = [{ name: "Allow-Events", value: "refer" }];
    return core.refuseStatelessly(request, envelope, source, { status: 489, headers });
  }
  const { referOut } = session;
  if (referOut === undefined || !isOf(request, referOut)) {
    return core.refuseStatelessly(request, envelope, source, { status: 481 });
  }
  const state = headerOf(request, "subscription-state");
  if (state === undefined) return core.refuseStatelessly(request, envelope, source, { status: 400 });
  const transaction = core.serve(request, envelope, source, { usage: "none" });
  core.respond(transaction, 200, {}, nowMs);
  if (session.phase === "answered") tell(core, session, referOut, { request, state });
}

function tell(core: Core, session: Session, referOut: ReferOut, came: { request: SipRequest; state: string }): void {
  const frag = readSipfrag(textOf(came.request));
  const isTerminated = came.state.split(";", 1)[0]!.trim().toLowerCase() === "terminated";
  // A final status is the last that can be said, whatever the state claims.
  const isFinal = isTerminated || (frag !== undefined && frag.status >= 200);
  // §2.4.4: a NOTIFY may overtake the 202.
  if (!referOut.isAccepted) core.emit({ type: "referAccepted", session: session.id, isSilent: false });
  referOut.isAccepted = true;
  core.emit({
    type: "referNotify",
    session: session.id,
    status: frag?.status,
    reason: frag?.reason ?? "",
    isFinal,
  });
  if (isFinal) session.referOut = undefined;
}

/** §2.4.6: the id is the CSeq of the REFER; the first of a dialog may go without. */
function isOf(request: SipRequest, { firstCseq, lastCseq }: ReferOut): boolean {
  const value = headerOf(request, "event") ?? "";
  const semicolon = value.indexOf(";");
  const params = semicolon === -1 ? [] : parseParams(value, semicolon);
  const id = params === undefined ? undefined : paramOf(params, "id");
  if (id === undefined || id === "") return true;
  return Number(id) >= firstCseq && Number(id) <= lastCseq;
}
