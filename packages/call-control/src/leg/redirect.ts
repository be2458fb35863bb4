/** A 3xx of a gateway (RFC 3261 §8.1.3.4): where the call may go on, where its route follows redirections at all. */
import { allowedRedirects, optionsOf, REDIRECT_HOPS, type RedirectContact } from "@voepy/policy";
import {
  type Header,
  headersOf,
  isInside,
  paramOf,
  parseNameAddr,
  parseUri,
  type SipUri,
  type TransportName,
  unescapeUser,
} from "@voepy/sip-stack";
import type { Target } from "./plan.ts";

/** What one leg remembers of the redirections it followed. */
export interface RedirectTrail {
  hops: number;
  /** Request-URIs it was sent to. */
  readonly visited: Set<string>;
}

interface ReadContact extends RedirectContact {
  readonly parsed: SipUri;
}

/** In the order in which they are to be called; empty: the call ends here. */
export function redirectTargets(from: Target, headers: readonly Header[], trail: RedirectTrail): Target[] {
  const { route } = from;
  if (route === undefined || !optionsOf(route).followRedirects || trail.hops >= REDIRECT_HOPS) return [];
  const contacts = headersOf({ headers }, "contact")
    .map((value) => readContact(value))
    .filter((contact) => contact !== undefined);
  const dialled = parseUri(from.requestUri);
  const known = {
    gateways: route.gateways,
    dialled: dialled?.kind === "sip" ? unescapeUser(dialled.user ?? "") : "",
    visited: trail.visited,
  };
  const allowed = allowedRedirects(contacts, known);
  return contacts
    .filter((contact) => allowed.includes(contact))
    .sort((a, b) => allowed.indexOf(a) - allowed.indexOf(b))
    .filter((contact) => mayBeCalled(from, contact))
    .map((contact) => targetOf(from, contact));
}

/** A carrier outside must not aim our calls at what is inside. */
function mayBeCalled(from: Target, contact: ReadContact): boolean {
  return contact.host === from.host || !isInside(contact.host, from.host);
}

function readContact(value: string): ReadContact | undefined {
  const address = parseNameAddr(value);
  const parsed = address === undefined ? undefined : parseUri(address.uri);
  if (address === undefined || parsed?.kind !== "sip") return undefined;
  const q = Number(paramOf(address.params, "q") ?? "1");
  return {
    parsed,
    uri: address.uri,
    user: unescapeUser(parsed.user ?? ""),
    host: parsed.host,
    preference: Number.isFinite(q) ? q : 0,
  };
}

function targetOf(from: Target, { parsed, uri, host }: ReadContact): Target {
  const gateway = from.route?.gateways.find((one) => one.host.toLowerCase() === host.toLowerCase());
  const asked = paramOf(parsed.params, "transport")?.toLowerCase();
  const transport: TransportName =
    parsed.scheme === "sips" ? "tls" : asked === "tcp" || asked === "tls" ? asked : "udp";
  return {
    ...from,
    transport,
    host,
    port: parsed.port ?? (transport === "tls" ? 5061 : 5060),
    flow: undefined,
    requestUri: uri,
    // The route's password is for its own gateways.
    credentials: gateway === undefined ? undefined : from.credentials,
    gateway,
  };
}
