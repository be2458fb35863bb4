/**
 * Who may speak to us at all (SPEC: "Who is calling"). Credentials or a From of our domain mean a user, who is
 * challenged; otherwise the source address finds the route; anyone else is refused and learns nothing.
 */

import type { RouteRecord } from "@voepy/store";
import ipaddr from "ipaddr.js";
import { type Directory, takesDigest } from "./directory.ts";
import { contactUserOf } from "./route-options.ts";

export interface ScreenFacts {
  readonly method: string;
  readonly sourceAddress: string;
  readonly sourcePort: number;
  /** User part of the From URI, empty when none. */
  readonly fromUser: string;
  readonly fromHost: string;
  readonly hasCredentials: boolean;
  /** User part of the Request-URI. */
  readonly dialled: string;
  /** Hosts that mean ourselves: the SIP domain and the addresses we listen on. */
  readonly ownHosts: ReadonlySet<string>;
  readonly domain: string;
  /** Addresses that a gateway's host name is known to have. */
  readonly addressesOf?: ((host: string) => readonly string[]) | undefined;
}

export type Verdict =
  | { readonly type: "trust"; readonly label: string }
  | { readonly type: "challenge" }
  | { readonly type: "refuse"; readonly status: number; readonly reason: string };

export function screen(directory: Directory, facts: ScreenFacts): Verdict {
  // §11: OPTIONS asks only whether we are there; its answer names no one.
  if (facts.method === "OPTIONS") return { type: "trust", label: "options" };
  if (facts.method === "REGISTER" || facts.hasCredentials) return { type: "challenge" };
  if (facts.fromHost === facts.domain) return { type: "challenge" };
  const route = routeOfSource(directory, facts);
  const speaksAsUs = facts.ownHosts.has(facts.fromHost);
  // A phone set up with our address as its domain, on a network that is also a route's.
  if (route !== undefined && speaksAsUs && directory.user(facts.fromUser) !== undefined) return { type: "challenge" };
  if (route !== undefined) {
    // Its networks are trusted; without any, its peers prove themselves.
    const provesItself = takesDigest(route) && route.allowedSourceCidrs.length === 0;
    return provesItself ? { type: "challenge" } : { type: "trust", label: route.id };
  }
  // The same answer for known and unknown users: nothing is revealed.
  if (speaksAsUs) return { type: "challenge" };
  // A trunk without a fixed address sends its credentials only when asked (RFC 3261 §22.1).
  if (facts.method === "INVITE" && directory.digestRoute() !== undefined) return { type: "challenge" };
  return { type: "refuse", status: 403, reason: "Forbidden" };
}

type SourceFacts = Pick<ScreenFacts, "sourceAddress" | "sourcePort" | "dialled" | "addressesOf">;

/** Incoming route by source; the dialled number's tenant decides between equal networks. */
export function routeOfSource(directory: Directory, facts: SourceFacts): RouteRecord | undefined {
  const matches = directory
    .allRoutes()
    .map((route) => ({ route, bits: matchBits(route, facts) }))
    .filter((match) => match.bits >= 0)
    .sort((a, b) => b.bits - a.bits);
  const best = matches.filter((match) => match.bits === matches[0]?.bits).map((match) => match.route);
  const tenantId = directory.number(facts.dialled)?.tenantId;
  return best.find((route) => route.tenantId === tenantId) ?? best[0];
}

/** A gateway's own address and port beat its address alone, that beats any network. */
const GATEWAY_BITS = 1000;

/** The very contact that the route registered, called from its registrar: of several accounts there, this one. */
const CONTACT_BITS = 1;

/** How exactly the route names the source; -1: not at all. */
function matchBits(route: RouteRecord, facts: SourceFacts): number {
  if (route.direction === "out") return -1;
  const source = addressOf(facts.sourceAddress);
  if (source === undefined) return -1;
  let bits = -1;
  for (const cidr of route.allowedSourceCidrs) {
    const [network, length] = parseCidr(cidr);
    if (network.kind() === source.kind() && source.match(network, length)) bits = Math.max(bits, length);
  }
  for (const gateway of route.gateways) {
    const addresses = [gateway.host, ...(facts.addressesOf?.(gateway.host) ?? [])];
    if (!addresses.some((address) => addressOf(address)?.toString() === source.toString())) continue;
    const isContact = facts.dialled !== "" && facts.dialled === contactUserOf(route);
    if (gateway.port === facts.sourcePort || isContact)
      bits = Math.max(bits, GATEWAY_BITS + (isContact ? CONTACT_BITS : 0));
    else if (route.allowedSourceCidrs.length === 0) bits = Math.max(bits, 128);
  }
  return bits;
}

type Address = ReturnType<typeof ipaddr.process>;

function addressOf(text: string): Address | undefined {
  return ipaddr.isValid(text) ? ipaddr.process(text) : undefined;
}

/** A bare address is its own network. */
function parseCidr(cidr: string): [Address, number] {
  if (cidr.includes("/")) return ipaddr.parseCIDR(cidr);
  const address = ipaddr.parse(cidr);
  return [address, address.kind() === "ipv6" ? 128 : 32];
}

/** Whether `cidr` can be read as a network or an address: for the configuration's check. */
export function isCidr(cidr: string): boolean {
  return cidr.includes("/") ? ipaddr.isValidCIDR(cidr) : ipaddr.isValid(cidr);
}
