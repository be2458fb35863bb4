/** One hop: the far end of SIP text and our listener that speaks with it. */
import { isIpv4, isIpv6 } from "../message/ip.ts";
import type { Listener, SipAddress, TransportName } from "./types.ts";

export interface Hop extends SipAddress {
  /** Index of the listener it came by and goes back by; undefined: the driver chooses. */
  readonly listener?: number | undefined;
  /** The host name that led here, which a TLS certificate must be for; undefined: the address itself (RFC 5922 §4). */
  readonly name?: string | undefined;
}

export function defaultPort(transport: TransportName): number {
  if (transport === "tls") return 5061;
  if (transport === "ws") return 80;
  return transport === "wss" ? 443 : 5060;
}

/** RFC 3261 §20.42 spelling. */
export function viaTransport(transport: TransportName): string {
  return transport.toUpperCase();
}

/** For the log and messages: `udp 198.51.100.7:5060`. */
export function hopText(hop: SipAddress | Listener): string {
  const host = "address" in hop ? hop.address : hop.host;
  return `${hop.transport} ${host.includes(":") ? `[${host}]` : host}:${hop.port}`;
}

/**
 * Addresses that mean something only where they are: RFC 1918, 6598 (carrier NAT), 3927, 4193, 4291 link-local, and
 * loopback. A Contact with one of them, told by a peer whom we see elsewhere, is behind a NAT.
 */
export function isPrivate(address: string): boolean {
  if (address.includes(":")) {
    const lower = address.toLowerCase();
    return lower === "::1" || /^f[cd]/.test(lower) || /^fe[89ab]/.test(lower);
  }
  const [a = 0, b = 0] = address.split(".").map(Number);
  return (
    a === 10 ||
    a === 127 ||
    a === 0 ||
    (a === 172 && b >= 16 && b < 32) ||
    (a === 192 && b === 168) ||
    (a === 169 && b === 254) ||
    (a === 100 && b >= 64 && b < 128)
  );
}

/**
 * Whether a peer is told the address of our interface and not the `outside` one: it is on this machine, or in a private
 * network while `outside` is not, so that the way by the outside would lead through a NAT twice. A host name counts as
 * outside.
 */
export function isInside(peer: string, outside: string): boolean {
  if (peer === "::1" || peer.startsWith("127.")) return true;
  const isAddress = isIpv4(peer) || isIpv6(peer);
  return isAddress && isPrivate(peer) && !isPrivate(outside);
}
