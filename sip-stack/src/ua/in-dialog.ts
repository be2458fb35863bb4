/** Requests of ours inside a dialog: built (RFC 3261 §12.2.1.1), sent, counted for their session. */
import { type Dialog, requestInDialog } from "../dialog/dialog.ts";
import { nextHop } from "../dialog/next-hop.ts";
import { type Body, textBody } from "../message/build.ts";
import type { Header, SipRequest } from "../message/message.ts";
import { serialise } from "../message/serialise.ts";
import type { Envelope } from "../transaction/keys.ts";
import type { Transaction } from "../transaction/transaction.ts";
import type { Core } from "./core.ts";
import type { Hop } from "./hop.ts";
import type { Owner, Session, SessionUsage } from "./session.ts";

const NO_BODY = new Uint8Array(0);

/** A request of the peer in a dialog of ours. */
export interface CameInDialog {
  readonly request: SipRequest;
  readonly envelope: Envelope;
  readonly source: Hop;
  readonly dialog: Dialog;
}

export interface Outgoing {
  readonly method: string;
  readonly usage: SessionUsage;
  readonly headers?: readonly Header[];
  readonly body?: Body | undefined;
}

/** Target refresh requests (§12.2.1.1, RFC 3311 §4), and those that RFC 3515 §2.2 and RFC 6665 §8.1.1 ask it of. */
const SAYS_CONTACT = new Set(["INVITE", "UPDATE", "REFER", "NOTIFY"]);

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
      ...(SAYS_CONTACT.has(method) ? [{ name: "Contact", value: dialog.contact }] : []),
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
  more: { readonly credentials?: readonly Header[]; readonly sdp?: string | undefined } = {},
): { bytes: Uint8Array; to: Hop } {
  const to = nextHop(dialog);
  const { via } = core.makeVia(to);
  const { credentials = [], sdp } = more;
  const body = sdp === undefined ? undefined : sdpBody(sdp);
  const headers = [core.agentHeader, ...credentials];
  if (body !== undefined) headers.push({ name: "Content-Type", value: body.contentType });
  const ack = requestInDialog(dialog, { method: "ACK", via, cseq, headers, body: body?.content ?? NO_BODY });
  const bytes = serialise(ack);
  core.send(bytes, to, dialog.callId);
  return { bytes, to };
}
