/** OPTIONS (RFC 3261 §11.2): what we can do, inside and outside of dialogs. */
import type { Header, SipRequest } from "../message/message.ts";
import type { Envelope } from "../transaction/keys.ts";
import { ALLOW, type Core } from "./core.ts";
import type { Hop } from "./hop.ts";

export const ACCEPT: Header = { name: "Accept", value: "application/sdp" };

export function receiveOptions(
  core: Core,
  came: { request: SipRequest; envelope: Envelope; source: Hop },
  nowMs: number,
): void {
  const transaction = core.serve(came.request, came.envelope, came.source, { usage: "none" });
  const contact = { name: "Contact", value: core.makeContact(came.source) };
  core.respond(transaction, 200, { toTag: core.token(), headers: [ALLOW, ACCEPT, core.supported(), contact] }, nowMs);
}
