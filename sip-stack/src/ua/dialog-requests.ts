/** Requests with a To tag: found by dialog, checked, handed to their usage (RFC 3261 §12.2.2). */
import type { Dialog } from "../dialog/dialog.ts";
import { dialogKey } from "../dialog/dialog.ts";
import { reasonsOf } from "../message/reasons.ts";
import type { Came } from "./admission.ts";
import { receiveBye } from "./bye.ts";
import { ALLOW, type Core } from "./core.ts";
import type { CameInDialog } from "./in-dialog.ts";
import { receiveInfo } from "./info.ts";
import { abortInvite, receiveAck } from "./invite-in.ts";
import { receiveOptions } from "./options.ts";
import { receivePrack } from "./provisional-in.ts";
import { receiveRefer } from "./refer-in.ts";
import { receiveNotify } from "./refer-out.ts";
import { receiveOffer } from "./reoffer-in.ts";
import type { Session } from "./session.ts";

export function receiveInDialog(core: Core, came: Came, nowMs: number): void {
  const { request, envelope, source } = came;
  // Seen from us: the peer's To tag is ours.
  const session = core.dialogs.get(dialogKey(envelope.callId, envelope.toTag, envelope.fromTag));
  const dialog = session === undefined ? undefined : dialogOf(session, envelope.fromTag);
  if (session === undefined || dialog === undefined) {
    if (request.method === "ACK") core.count("strayAcks");
    else core.refuseStatelessly(request, envelope, source, { status: 481 });
    return;
  }
  if (request.method === "ACK") {
    receiveAck(core, session, request, nowMs);
    return;
  }
  // §12.2.2: an old number is out of order.
  if (dialog.remoteCseq !== undefined && envelope.cseqNumber < dialog.remoteCseq) {
    core.refuseStatelessly(request, envelope, source, { status: 500 });
    return;
  }
  dialog.remoteCseq = envelope.cseqNumber;
  dialog.peer = source;
  serve(core, session, { ...came, dialog }, nowMs);
}

function dialogOf(session: Session, remoteTag: string): Dialog | undefined {
  if (session.dialog?.remoteTag === remoteTag) return session.dialog;
  return session.direction === "out" ? session.early.get(remoteTag) : undefined;
}

function serve(core: Core, session: Session, came: CameInDialog, nowMs: number): void {
  const { request, envelope, source } = came;
  switch (request.method) {
    case "INVITE":
    case "UPDATE":
      if (session.phase !== "closing") return receiveOffer(core, session, came, nowMs);
      return core.refuseStatelessly(request, envelope, source, { status: 481 });
    case "BYE":
      return receiveByeOfAnyPhase(core, session, came, nowMs);
    case "INFO":
      return receiveInfo(core, session, came, nowMs);
    case "PRACK":
      return receivePrack(core, session, came, nowMs);
    case "REFER":
      return receiveRefer(core, session, came, nowMs);
    case "NOTIFY":
      return receiveNotify(core, session, came, nowMs);
    case "OPTIONS":
      return receiveOptions(core, came, nowMs);
    default:
      core.refuseStatelessly(request, envelope, source, { status: 405, headers: [ALLOW] });
  }
}

function receiveByeOfAnyPhase(core: Core, session: Session, came: CameInDialog, nowMs: number): void {
  if (session.phase !== "pending") return receiveBye(core, session, came, nowMs);
  if (session.direction === "out") {
    // §15: the callee has no dialog to end before it has answered.
    return core.refuseStatelessly(came.request, came.envelope, came.source, { status: 481 });
  }
  // §15: a caller may leave an early dialog by BYE; its INVITE then gets 487 (§15.1.2).
  const transaction = core.serve(came.request, came.envelope, came.source, { usage: "none" });
  core.respond(transaction, 200, {}, nowMs);
  abortInvite(core, session, nowMs);
  core.emit({ type: "cancelled", session: session.id, cause: "bye", ...reasonsOf(came.request) });
}
