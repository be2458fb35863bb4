/** 101–199 to an INVITE of ours: early dialogs, and PRACK for reliable ones (RFC 3262 §4). */
import type { Dialog } from "../dialog/dialog.ts";
import type { SipResponse } from "../message/message.ts";
import { rseqOf } from "../message/reliable.ts";
import { sdpOf } from "./body.ts";
import type { Core } from "./core.ts";
import { dialogOfFork, toTagOf } from "./forks.ts";
import { sdpBody, sendInDialog } from "./in-dialog.ts";
import { holdOffer } from "./open-offer.ts";
import type { OutSession } from "./session.ts";

/** The session is pending. */
export function receiveEarly(core: Core, session: OutSession, response: SipResponse, nowMs: number): void {
  const branch = toTagOf(response);
  if (response.status === 100 || branch === "") return;
  const dialog = dialogOfFork(core, session, response);
  const rseq = rseqOf(response);
  const sdp = sdpOf(response);
  const isOffer = rseq !== undefined && sdp !== undefined && session.request.sdp === undefined && !dialog.isAgreed;
  if (rseq !== undefined) {
    // §4: repeated, or one before it is missing. It comes again.
    if (dialog.remoteRseq !== undefined && rseq !== dialog.remoteRseq + 1) return core.count("provisionalsOutOfOrder");
    if (isOffer && session.reoffer.type !== "none") return;
    dialog.remoteRseq = rseq;
    if (sdp !== undefined && !isOffer) dialog.isAgreed = true;
    if (!isOffer) sendPrack(core, session, { dialog, rack: rackText(session, rseq) }, nowMs);
  }
  session.lastBranch = branch;
  core.emit({
    type: "progress",
    session: session.id,
    branch,
    status: response.status,
    reason: response.reason,
    // Without an offer of ours it is no answer: an offer goes by its own event, anything else may not be (§13.2.1).
    sdp: session.request.sdp === undefined ? undefined : sdp,
    isReliable: rseq !== undefined,
    headers: response.headers,
  });
  if (isOffer) holdOffer(core, session, { dialog, sdp, reply: { by: "prack", rack: rackText(session, rseq) } });
}

/** RFC 3262 §7.2. */
function rackText(session: OutSession, rseq: number): string {
  return `${rseq} ${session.cseq} INVITE`;
}

/** `sdp`: our answer to the offer that the provisional brought. */
export function sendPrack(
  core: Core,
  session: OutSession,
  prack: { readonly dialog: Dialog; readonly rack: string; readonly sdp?: string },
  nowMs: number,
): void {
  const { dialog, rack, sdp } = prack;
  const headers = [{ name: "RAck", value: rack }];
  const body = sdp === undefined ? undefined : sdpBody(sdp);
  sendInDialog(core, session, { dialog, method: "PRACK", usage: "prack", headers, body }, nowMs);
}
