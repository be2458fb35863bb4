/**
 * Who is calling, as SIP says it: From, P-Asserted-Identity (RFC 3325), Remote-Party-ID, Privacy (RFC 3323); and what
 * an incoming INVITE says of it, Diversion (RFC 5806) and custom headers included.
 */
import { incomingNumber, isNumber, optionsOf, outgoingNumber } from "@voepy/policy";
import {
  type Header,
  headersOf,
  type PartyId,
  paramOf,
  parseNameAddr,
  parseUri,
  printNameAddr,
  unescapeUser,
} from "@voepy/sip-stack";
import type { RouteOptions, RouteRecord } from "@voepy/store";

/** What the API said about the caller. */
export interface CallerWish {
  /** E.164 or a `sip:` URI. */
  readonly from: string;
  readonly displayName: string;
  /** `id`: the callee is not to learn who calls. */
  readonly privacy: "id" | "none";
}

/** RFC 3323 §4.1.1.3. */
export const ANONYMOUS: PartyId = { uri: "sip:anonymous@anonymous.invalid", displayName: "Anonymous" };

export interface CallerHeaders {
  readonly from: PartyId;
  readonly headers: readonly Header[];
}

/** `host`: how the gateway knows us, in brackets when IPv6. */
export function callerTowards(wish: CallerWish, options: RouteOptions, host: string): CallerHeaders {
  const number = outgoingNumber(wish.from, options.caller, options);
  const identity = { uri: isUri(wish.from) ? wish.from : `sip:${number}@${host}`, displayName: wish.displayName };
  const isPrivate = wish.privacy === "id";
  const headers: Header[] = isPrivate ? [{ name: "Privacy", value: "id" }] : [];
  const named = printNameAddr({ ...identity, params: [] });
  if (options.callerIdHeader === "pai") headers.push({ name: "P-Asserted-Identity", value: named });
  if (options.callerIdHeader === "rpid") {
    const value = `${named};party=calling;screen=yes;privacy=${isPrivate ? "full" : "off"}`;
    headers.push({ name: "Remote-Party-ID", value });
  }
  return { from: isPrivate ? ANONYMOUS : identity, headers };
}

/** Towards anyone but a route: there is no trust to assert an identity to. */
export function callerTowardsAnyone(wish: CallerWish, host: string): CallerHeaders {
  if (wish.privacy === "id") return { from: ANONYMOUS, headers: [{ name: "Privacy", value: "id" }] };
  const uri = isUri(wish.from) ? wish.from : `sip:${wish.from}@${host}`;
  return { from: { uri, displayName: wish.displayName }, headers: [] };
}

/** An incoming call's caller, as its call tells it. */
export interface IncomingCaller {
  /** E.164 where it is a number, else the URI. */
  readonly number: string;
  readonly name: string;
}

/** P-Asserted-Identity goes before From where the route is trusted, unless the caller asked for privacy (RFC 3325 §7). */
export function incomingCaller(
  from: PartyId,
  headers: readonly Header[],
  route: RouteRecord | undefined,
): IncomingCaller {
  const options = route === undefined ? undefined : optionsOf(route);
  const asserted = options?.trustPai === true && !asksForPrivacy(headers) ? assertedIdentity(headers) : undefined;
  const party = asserted ?? from;
  const user = numberOf(party.uri);
  const isDialable = isNumber(user);
  const number =
    isDialable && options !== undefined ? incomingNumber(user, options) : isDialable ? plus(user) : party.uri;
  return { number, name: party.displayName === "" ? from.displayName : party.displayName };
}

const plus = (digits: string): string => (digits.startsWith("+") ? digits : `+${digits}`);

/** RFC 3325 §9.1: one sip or sips value, one tel value, or both; the number is what we are after. */
function assertedIdentity(headers: readonly Header[]): PartyId | undefined {
  const named = headersOf({ headers }, "p-asserted-identity").map((value) => parseNameAddr(value));
  const known = named.filter((party) => party !== undefined);
  return known.find((party) => isNumber(numberOf(party.uri))) ?? known[0];
}

function asksForPrivacy(headers: readonly Header[]): boolean {
  return headersOf({ headers }, "privacy").some((value) =>
    value.split(/[;\s]+/).some((token) => /^(id|user)$/i.test(token)),
  );
}

/** The number of a `tel:` URI, or the user part of a `sip:` one; empty for anything else. */
export function numberOf(uri: string): string {
  const parsed = parseUri(uri);
  if (parsed?.kind === "tel") return parsed.number;
  return parsed?.kind === "sip" ? (unescapeUser(parsed.user ?? "").split(";")[0] ?? "") : "";
}

/** Who sent the call on to us, the last one first (RFC 5806 §4). */
export function diversionsOf(headers: readonly Header[]): { uri: string; reason: string | null }[] {
  return headersOf({ headers }, "diversion")
    .map((value) => parseNameAddr(value))
    .filter((party) => party !== undefined)
    .map((party) => ({ uri: party.uri, reason: paramOf(party.params, "reason") ?? null }));
}

/** Headers that programs may send and read: the same names on the way in as on the way out. */
export function customHeadersOf(headers: readonly Header[]): { name: string; value: string }[] {
  return headers
    .filter(({ name }) => /^(?:x-|user-to-user$)/i.test(name))
    .slice(0, MOST_CUSTOM_HEADERS)
    .map(({ name, value }) => ({ name, value: value.slice(0, LONGEST_CUSTOM_HEADER) }));
}

/** A caller must not be able to make webhooks large. */
const MOST_CUSTOM_HEADERS = 32;
const LONGEST_CUSTOM_HEADER = 1024;

const isUri = (party: string): boolean => party.startsWith("sip:") || party.startsWith("sips:");
