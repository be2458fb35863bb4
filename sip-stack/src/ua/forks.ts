/** The dialogs that one INVITE of ours leads to, and the ACK of each (RFC 3261 §12.1.2, §13.2.2.4). */
import { confirmDialog, type Dialog, dialogOfClient } from "../dialog/dialog.ts";
import { headerOf, type SipResponse } from "../message/message.ts";
import { tagOf } from "../message/name-addr.ts";
import { cseqOf } from "../message/values.ts";
import type { Transaction } from "../transaction/transaction.ts";
import type { Core } from "./core.ts";
import { credentialHeaders } from "./credentials.ts";
import type { Hop } from "./hop.ts";
import { sendAck } from "./in-dialog.ts";
import type { OutSession, Owner } from "./session.ts";

/** Which fork a response is of; "" for none. */
export function toTagOf(response: SipResponse): string {
  return tagOf(headerOf(response, "to") ?? "") ?? "";
}

/**
 * The dialog of a response: the early one it belongs to, or a new one. A 2xx settles its route. `transaction`: of the
 * INVITE that was answered.
 */
export function dialogOfFork(
  core: Core,
  session: OutSession,
  response: SipResponse,
  transaction: Transaction<Owner> | undefined = session.transaction,
): Dialog {
  const known = session.early.get(toTagOf(response));
  if (known !== undefined) {
    if (response.status >= 200) confirmDialog(known, response);
    return known;
  }
  const peer: Hop = transaction?.peer ?? { transport: "udp", address: "", port: 0 };
  const dialog = dialogOfClient(
    transaction?.request ?? { kind: "request", method: "INVITE", requestUri: "", headers: [], body: response.body },
    response,
    { contact: core.makeContact(peer), peer, cseq: cseqOf(response)?.number ?? session.cseq },
  );
  session.early.set(dialog.remoteTag, dialog);
  if (session.phase !== "over") core.addDialog(session, dialog);
  return dialog;
}

/** ACK to a 2xx, with our answer where the offer came in the 2xx. Kept for repeats of the 2xx. */
export function acknowledge(
  core: Core,
  session: OutSession,
  dialog: Dialog,
  of: { readonly transaction?: Transaction<Owner> | undefined; readonly sdp?: string | undefined } = {},
): void {
  const { transaction = session.transaction, sdp } = of;
  const credentials = transaction === undefined ? [] : credentialHeaders(transaction.request);
  const cseq = (transaction === undefined ? undefined : cseqOf(transaction.request)?.number) ?? session.cseq;
  session.acks.set(dialog.remoteTag, sendAck(core, dialog, cseq, { credentials, sdp }));
}

/** The ACK once more, for a repeated 2xx. False: none was sent yet. */
export function acknowledgeAgain(core: Core, session: OutSession, branch: string): boolean {
  const sent = session.acks.get(branch);
  if (sent === undefined) return false;
  core.transactions.repeatsSent++;
  core.send(sent.bytes, sent.to, session.callId);
  return true;
}
