/** Via (RFC 3261 §20.42), and what server transports do to the top one (§18.2, RFC 3581). */
import { isBlank, isToken, skipBlanks, trimBlanks } from "./chars.ts";
import { replaceFirst } from "./edit.ts";
import { bracketed } from "./ip.ts";
import { headerOf, type SipRequest } from "./message.ts";
import { hasParam, type Param, paramOf, parseParams, printParams, withParam } from "./params.ts";
import { parseHostPort } from "./uri.ts";

export interface Via {
  /** Upper-case: UDP, TCP, TLS, … */
  readonly transport: string;
  /** sent-by, lower-case; IPv6 without brackets. */
  readonly host: string;
  readonly port: number | undefined;
  readonly params: readonly Param[];
}

/** §8.1.1.7: a branch that starts so is unique and the key of its transaction. */
export const MAGIC_COOKIE = "z9hG4bK";

/** `SIP / 2.0 / UDP host : port ;params`, blanks where the grammar allows them. */
export function parseVia(value: string): Via | undefined {
  const secondSlash = endOfVersion(value);
  if (secondSlash === -1) return undefined;
  const nameStart = skipBlanks(value, secondSlash + 1);
  let nameEnd = nameStart;
  while (nameEnd < value.length && !isBlank(value.charCodeAt(nameEnd))) nameEnd++;
  if (!isToken(value, nameStart, nameEnd)) return undefined;
  const semicolon = value.indexOf(";", nameEnd);
  const hostEnd = semicolon === -1 ? value.length : semicolon;
  const place = parseHostPort(withoutColonBlanks(trimBlanks(value.slice(nameEnd, hostEnd))));
  const params = parseParams(value, hostEnd);
  if (place === undefined || params === undefined) return undefined;
  return { transport: value.slice(nameStart, nameEnd).toUpperCase(), host: place.host, port: place.port, params };
}

/** Index of the slash after `SIP/2.0`; any version passes: a request of another one is answered 505 along its Via. */
function endOfVersion(value: string): number {
  if (value.startsWith("SIP/2.0/")) return 7;
  const firstSlash = value.indexOf("/");
  const secondSlash = value.indexOf("/", firstSlash + 1);
  if (firstSlash === -1 || secondSlash === -1) return -1;
  const isSip = trimBlanks(value.slice(0, firstSlash)).toUpperCase() === "SIP";
  return isSip && isToken(trimBlanks(value.slice(firstSlash + 1, secondSlash))) ? secondSlash : -1;
}

/** `host : 5060` is allowed (COLON carries blanks). */
function withoutColonBlanks(text: string): string {
  const colon = text.lastIndexOf(":");
  if (colon === -1 || !(text.includes(" ") || text.includes("\t"))) return text;
  return `${trimBlanks(text.slice(0, colon))}:${trimBlanks(text.slice(colon + 1))}`;
}

export function printVia(via: Via): string {
  const port = via.port === undefined ? "" : `:${via.port}`;
  return `SIP/2.0/${via.transport} ${bracketed(via.host)}${port}${printParams(via.params)}`;
}

export function branchOf(via: Via): string | undefined {
  return paramOf(via.params, "branch");
}

/**
 * The request with `received` and, where asked for, `rport` in its top Via: what we saw, never what the peer wrote
 * there itself (§18.2.1, RFC 3581 §4). `source.address` is a literal, IPv6 without brackets.
 */
export function withSource(request: SipRequest, source: { address: string; port: number }): SipRequest {
  const via = parseVia(headerOf(request, "via") ?? "");
  if (via === undefined) return request;
  const asksPort = hasParam(via.params, "rport");
  // RFC 3581 §4: with rport, received goes in even when it equals sent-by.
  const needsReceived = asksPort || via.host !== source.address || hasParam(via.params, "received");
  if (!needsReceived) return request;
  let params = withParam(via.params, "received", source.address);
  if (asksPort) params = withParam(params, "rport", String(source.port));
  return replaceFirst(request, "Via", printVia({ ...via, params }));
}

/** Where a response goes when it cannot go back on the request's connection (§18.2.2, RFC 3581 §4). */
export function responseTarget(via: Via): { readonly host: string; readonly port: number } {
  const sentByPort = via.port ?? (via.transport === "TLS" || via.transport === "WSS" ? 5061 : 5060);
  const maddr = paramOf(via.params, "maddr");
  if (maddr !== undefined && maddr !== "") return { host: plain(maddr), port: sentByPort };
  const received = paramOf(via.params, "received");
  const rport = Number(paramOf(via.params, "rport") ?? "0");
  const port = Number.isInteger(rport) && rport > 0 && rport < 65536 ? rport : sentByPort;
  return { host: received === undefined || received === "" ? via.host : plain(received), port };
}

/** RFC 5118 §4.5: `received=[2001:db8::1]` is met as often as the form without brackets. */
function plain(address: string): string {
  return address.startsWith("[") && address.endsWith("]") ? address.slice(1, -1) : address;
}
