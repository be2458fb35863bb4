/**
 * Who may speak to us at all (SPEC: "Who is calling"). Credentials or a From of our domain mean a user, who is
 * challenged; otherwise the source address finds the route; anyone else is refused and learns nothing.
 */

import type { RouteRecord } from "@voepy/store";
import ipaddr from "ipaddr.js";
import type { Directory } from "./directory.ts";

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
  if (route !== undefined) return { type: "trust", label: route.id };
  // The same answer for known and unknown users: nothing is revealed.
  if (speaksAsUs) return { type: "challenge" };
  return { type: "refuse", status: 403, reason: "Forbidden" };
}

/** Incoming route by source; the dialled number's tenant decides between equal networks. */
export function routeOfSource(
  directory: Directory,
  facts: Pick<ScreenFacts, "sourceAddress" | "sourcePort" | "dialled">,
): RouteRecord | undefined {
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

/** How exactly the route names the source; -1: not at all. */
function matchBits(route: RouteRecord, facts: { sourceAddress: string; sourcePort: number }): number {
  if (route.direction === "out") return -1;
  const source = addressOf(facts.sourceAddress);
  if (source === undefined) return -1;
  let bits = -1;
  for (const cidr of route.allowedSourceCidrs) {
    const [network, length] = parseCidr(cidr);
    if (network.kind() === source.kind() && source.match(network, length)) bits = Math.max(bits, length);
  }
  for (const gateway of route.gateways) {
    if (addressOf(gateway.host)?.toString() !== source.toString()) continue;
    if (gateway.port === facts.sourcePort) bits = Math.max(bits, GATEWAY_BITS);
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
