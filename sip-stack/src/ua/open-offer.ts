/** The one offer that may be open in a session (RFC 3264 §4), and how one from the peer is kept until it is answered. */
import type { Dialog } from "../dialog/dialog.ts";
import type { Core } from "./core.ts";
import { acknowledge } from "./forks.ts";
import type { OfferReply, Session } from "./session.ts";

/** Tells the user, who answers by `answerOffer`. `sdp` undefined: the peer wants our offer. */
export function holdOffer(
  core: Core,
  session: Session,
  offer: { readonly dialog: Dialog; readonly sdp: string | undefined; readonly reply: OfferReply },
): void {
  session.reoffer = { type: "received", dialog: offer.dialog, reply: offer.reply };
  core.emit({ type: "offer", session: session.id, sdp: offer.sdp });
}

/** The session, or the dialog of the offer, ends before the answer: a request that waits for it gets 487 (§15.1.2). */
export function dropReoffer(core: Core, session: Session, nowMs: number): void {
  const { reoffer } = session;
  session.reoffer = { type: "none" };
  if (reoffer.type !== "received") return;
  const { reply, dialog } = reoffer;
  if (reply.by === "response") core.respond(reply.transaction, 487, { toTag: dialog.localTag }, nowMs);
  // §13.2.2.4: a 2xx is acknowledged whatever becomes of it.
  else if (reply.by === "ack" && session.direction === "out") acknowledge(core, session, dialog);
}

/** §14.1: no new offer while one is open or an INVITE is not acknowledged. */
export function isBusy(session: Session): boolean {
  return session.reoffer.type !== "none" || session.unacked.size > 0;
}
