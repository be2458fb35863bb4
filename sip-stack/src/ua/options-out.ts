/** OPTIONS as a question whether a peer is there (RFC 3261 §11.1): any answer but a server's failure means yes. */
import type { SipRequest } from "../message/message.ts";
import type { Core } from "./core.ts";
import type { ExchangeEnd } from "./exchange.ts";
import type { Hop } from "./hop.ts";
import { ACCEPT } from "./options.ts";
import { partyText } from "./party.ts";
import type { ExchangeId, OutgoingPing, SipEvent } from "./types.ts";

const NO_BODY = new Uint8Array(0);

export function makeOptions(
  core: Core,
  ping: OutgoingPing,
  { via, cseq, hop }: { via: string; cseq: number; hop: Hop },
): SipRequest {
  return {
    kind: "request",
    method: "OPTIONS",
    requestUri: ping.requestUri,
    headers: [
      { name: "Via", value: via },
      { name: "Max-Forwards", value: "70" },
      { name: "From", value: `${partyText({ uri: ping.fromUri, displayName: "" })};tag=${core.token()}` },
      { name: "To", value: partyText({ uri: ping.requestUri, displayName: "" }) },
      { name: "Call-ID", value: core.token(16) },
      { name: "CSeq", value: `${cseq} OPTIONS` },
      { name: "Contact", value: core.makeContact(hop) },
      ACCEPT,
      core.agentHeader,
    ],
    body: NO_BODY,
  };
}

export function pinged(ping: ExchangeId, end: ExchangeEnd): SipEvent {
  return {
    type: "pinged",
    ping,
    cause: end.cause,
    status: end.response?.status,
    reason: end.response?.reason ?? "",
    address: end.address,
    roundTripMs: end.roundTripMs,
  };
}
