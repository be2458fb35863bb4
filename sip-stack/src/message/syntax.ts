/** Whether the headers that routing and matching depend on can be read (RFC 3261 §8.1.1, RFC 4475 §3.1.2, §3.3). */
import { trimBlanks } from "./chars.ts";
import { headerOf, headersOf, type SipMessage, type SipRequest } from "./message.ts";
import { parseNameAddr } from "./name-addr.ts";
import { parseUri } from "./uri.ts";
import { cseqOf, maxForwardsOf } from "./values.ts";
import { branchOf, MAGIC_COOKIE, parseVia } from "./via.ts";

/** Most Via of one message: more is a loop or an attack. */
const MAX_VIAS = 70;

/** Headers whose second value would leave open which is meant (RFC 4475 §3.3.8). */
const SINGLE = ["From", "To", "Call-ID", "CSeq", "Max-Forwards", "Content-Type", "Expires", "Event", "Refer-To"].map(
  (name) => ({ name, lowerName: name.toLowerCase() }),
);

/** Via, From, To, Call-ID and CSeq of any message: the first fault, or undefined. */
export function messageFault(message: SipMessage): string | undefined {
  return viaFault(headersOf(message, "via")) ?? onlyOnce(message) ?? identityFault(message);
}

function viaFault(vias: readonly string[]): string | undefined {
  if (vias.length === 0) return "no Via";
  if (vias.length > MAX_VIAS) return `more than ${MAX_VIAS} Via`;
  for (const value of vias) {
    const via = parseVia(value);
    if (via === undefined) return "Via cannot be read";
    // RFC 4475 §3.2.1: the cookie alone identifies nothing.
    if (branchOf(via) === MAGIC_COOKIE) return "branch is the bare magic cookie";
  }
  return undefined;
}

function onlyOnce(message: SipMessage): string | undefined {
  const doubled = SINGLE.find(({ lowerName }) => headersOf(message, lowerName).length > 1);
  return doubled && `more than one ${doubled.name}`;
}

/** Deviation: no From tag is let pass, it is an RFC 2543 peer (RFC 4475 §3.4.1). */
function identityFault(message: SipMessage): string | undefined {
  for (const name of ["From", "To"]) {
    const address = parseNameAddr(headerOf(message, name.toLowerCase()) ?? "");
    if (address === undefined || parseUri(address.uri) === undefined) return `${name} missing or unreadable`;
  }
  const callId = headerOf(message, "call-id");
  if (callId === undefined || callId === "" || callId.includes(" ") || callId.includes("\t")) {
    return "Call-ID missing or with spaces";
  }
  return cseqOf(message) === undefined ? "CSeq is not a number below 2^31 and a method" : undefined;
}

/** What a request has beyond that. */
export function requestFault(request: SipRequest): string | undefined {
  const cseq = cseqOf(request);
  // §8.1.1.5
  if (cseq?.method !== request.method) return `method ${request.method} but CSeq of ${cseq?.method}`;
  if (headerOf(request, "max-forwards") !== undefined && maxForwardsOf(request) === undefined) {
    return "Max-Forwards is not 0-255";
  }
  for (const name of ["Route", "Record-Route", "Contact"]) {
    const values = headersOf(request, name.toLowerCase());
    if (values.some((value) => !isAddress(value, name))) return `${name} cannot be read`;
  }
  // §8.1.1.8; its absence is let pass (RFC 4475 §3.4.1): the dialog then falls back on From.
  if (request.method === "INVITE" && headersOf(request, "contact").length > 1) return "more than one Contact";
  return targetFault(request);
}

/** `Contact: *` only in REGISTER, and there alone (§10.2.2). */
function isAddress(value: string, name: string): boolean {
  if (name === "Contact" && trimBlanks(value) === "*") return true;
  const address = parseNameAddr(value);
  return address !== undefined && parseUri(address.uri) !== undefined;
}

function targetFault(request: SipRequest): string | undefined {
  const uri = parseUri(request.requestUri);
  if (uri === undefined) return "Request-URI cannot be read";
  // §19.1.1, RFC 4475 §3.1.2.11: no headers may ride in a Request-URI.
  if (uri.kind === "sip" && uri.headers !== undefined) return "headers in the Request-URI";
  if (request.method !== "REGISTER") return undefined;
  const contacts = headersOf(request, "contact");
  if (contacts.includes("*") && contacts.length > 1) return "Contact * beside others";
  // §10.3: an address of record is a SIP or SIPS URI (RFC 4475 §3.3.4).
  const record = parseUri(parseNameAddr(headerOf(request, "to") ?? "")?.uri ?? "");
  return record?.kind === "sip" ? undefined : "To of a REGISTER is no SIP URI";
}
