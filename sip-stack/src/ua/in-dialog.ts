/** Requests of ours inside a dialog: built (RFC 3261 §12.2.1.1), sent, counted for their session. */
import { type Dialog, requestInDialog } from "../dialog/dialog.ts";
import { nextHop } from "../dialog/next-hop.ts";
import { type Body, textBody } from "../message/build.ts";
import type { Header, SipRequest } from "../message/message.ts";
import { serialise } from "../message/serialise.ts";
import type { Transaction } from "../transaction/transaction.ts";
import type { Core } from "./core.ts";
import type { Hop } from "./hop.ts";
import type { Owner, Session } from "./session.ts";

const NO_BODY = new Uint8Array(0);

/** What a transaction of a session is for. */
export type SessionUsage = Exclude<Owner["usage"], "none" | "exchange">;

export interface Outgoing {
  readonly method: string;
  readonly usage: SessionUsage;
  readonly headers?: readonly Header[];
  readonly body?: Body | undefined;
}

/** Takes the next CSeq and starts the client transaction. */
export function sendInDialog(
  core: Core,
  session: Session,
  outgoing: Outgoing & { readonly dialog: Dialog },
  nowMs: number,
): Transaction<Owner> {
  const { dialog, method, usage, headers = [], body } = outgoing;
  const hop = nextHop(dialog);
  const { via, branch } = core.makeVia(hop);
  dialog.localCseq++;
  const request = requestInDialog(dialog, {
    method,
    via,
    cseq: dialog.localCseq,
    headers: [
      // §12.2.1.1: target refresh requests say where we are.
      ...(method === "INVITE" || method === "UPDATE" ? [{ name: "Contact", value: dialog.contact }] : []),
      core.agentHeader,
      ...headers,
      ...(body === undefined ? [] : [{ name: "Content-Type", value: body.contentType }]),
    ],
    body: body?.content ?? NO_BODY,
  });
  return startForSession(core, session, { request, branch, peer: hop, usage }, nowMs);
}

/** Starts a client transaction that its session waits for. */
export function startForSession(
  core: Core,
  session: Session,
  start: { request: SipRequest; branch: string; peer: Hop; usage: Outgoing["usage"] },
  nowMs: number,
): Transaction<Owner> {
  session.running++;
  const owner: Owner = { usage: start.usage, session: session.id };
  return core.transactions.startClient(start.request, start.branch, { peer: start.peer, owner }, nowMs);
}

export const sdpBody = (sdp: string): Body => textBody("application/sdp", sdp);

/** ACK to a 2xx: of no transaction, sent again for every repeated 2xx (§13.2.2.4). `credentials` are the INVITE's. */
export function sendAck(
  core: Core,
  dialog: Dialog,
  cseq: number,
  credentials: readonly Header[] = [],
): { bytes: Uint8Array; to: Hop } {
  const to = nextHop(dialog);
  const { via } = core.makeVia(to);
  const headers = [core.agentHeader, ...credentials];
  const bytes = serialise(requestInDialog(dialog, { method: "ACK", via, cseq, headers, body: NO_BODY }));
  core.send(bytes, to, dialog.callId);
  return { bytes, to };
}
