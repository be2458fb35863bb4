/** REGISTER of ours (RFC 3261 §10.2): one request; when to repeat it is for whoever asked. */
import { parseUint } from "../message/chars.ts";
import { headerOf, headersOf, type SipRequest, type SipResponse } from "../message/message.ts";
import { parseNameAddr } from "../message/name-addr.ts";
import { paramOf } from "../message/params.ts";
import { parseUri } from "../message/uri.ts";
import { expiresOf, retryAfterOf } from "../message/values.ts";
import type { Core } from "./core.ts";
import type { ExchangeEnd } from "./exchange.ts";
import type { Hop } from "./hop.ts";
import { partyText, userOf } from "./party.ts";
import type { ExchangeId, OutgoingRegister, SipEvent } from "./types.ts";

const NO_BODY = new Uint8Array(0);
const LONGEST_EXPIRES_S = 2 ** 32 - 1;

export function makeRegister(
  core: Core,
  wanted: OutgoingRegister,
  { via, cseq, hop }: { via: string; cseq: number; hop: Hop },
): SipRequest {
  const party = partyText({ uri: wanted.aor, displayName: "" });
  return {
    kind: "request",
    method: "REGISTER",
    requestUri: wanted.registrarUri,
    headers: [
      { name: "Via", value: via },
      { name: "Max-Forwards", value: "70" },
      { name: "From", value: `${party};tag=${core.token()}` },
      { name: "To", value: party },
      // §10.2: all registrations of one user agent share a Call-ID, and their CSeq counts up.
      { name: "Call-ID", value: wanted.callId },
      { name: "CSeq", value: `${cseq} REGISTER` },
      { name: "Contact", value: `${core.makeContact(hop, wanted.contactUser)};expires=${wanted.expiresS}` },
      { name: "Expires", value: String(wanted.expiresS) },
      core.agentHeader,
    ],
    body: NO_BODY,
  };
}

export function registered(registration: ExchangeId, wanted: OutgoingRegister, end: ExchangeEnd): SipEvent {
  const { response } = end;
  return {
    type: "registered",
    registration,
    cause: end.cause,
    status: response?.status,
    reason: response?.reason ?? "",
    expiresS: response === undefined || response.status >= 300 ? undefined : grantedS(response, wanted),
    minExpiresS: response?.status === 423 ? readUint(headerOf(response, "min-expires")) : undefined,
    retryAfterS: response === undefined ? undefined : retryAfterOf(response),
    cseq: end.cseq,
    address: end.address,
  };
}

/** §10.2.4: what the registrar granted to our Contact; else to the whole answer; else what we asked for. */
function grantedS(response: SipResponse, wanted: OutgoingRegister): number {
  for (const value of headersOf(response, "contact")) {
    const contact = parseNameAddr(value);
    if (contact === undefined || parseUri(contact.uri)?.kind !== "sip") continue;
    if (userOf(contact.uri) !== wanted.contactUser) continue;
    const own = readUint(paramOf(contact.params, "expires"));
    if (own !== undefined) return own;
  }
  return expiresOf(response) ?? wanted.expiresS;
}

function readUint(text: string | undefined): number | undefined {
  return text === undefined ? undefined : parseUint(text.trim(), LONGEST_EXPIRES_S);
}
