/**
 * Which addresses a URL given from outside may lead to. Everything that is not plainly a public unicast address is
 * refused, in whatever form it is written: what the registries call special (RFC 6890) is how a server is talked
 * into reading its own cloud metadata or its neighbours' consoles.
 */
import ipaddr from "ipaddr.js";

/** What `allowPrivate` opens. Link-local stays closed: that is where cloud metadata lives. */
const LOCAL_USE: ReadonlySet<string> = new Set(["loopback", "private", "carrierGradeNat", "uniqueLocal"]);

/** How a range is called in a message. */
const RANGE_NAMES: Readonly<Record<string, string>> = {
  unspecified: "unspecified",
  broadcast: "a broadcast address",
  multicast: "a multicast address",
  linkLocal: "link-local",
  loopback: "loopback",
  carrierGradeNat: "private (carrier-grade NAT)",
  private: "private",
  uniqueLocal: "private (unique local)",
};

/** IANA gives out global unicast from here only; the rest of IPv6 is special or unassigned. */
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR("2000::/3");
/** RFC 9637: documentation. */
const DOCUMENTATION_IPV6 = ipaddr.IPv6.parseCIDR("3fff::/20");

/**
 * Why `address` (as DNS or `URL.hostname` give it, brackets allowed) must not be connected to, as the end of a
 * sentence that names the address; undefined when it may be.
 */
export function judgeAddress(address: string, allowPrivate: boolean): string | undefined {
  const bare = address.replace(/^\[|\]$/g, "");
  if (!ipaddr.isValid(bare)) return "is not an IP address";
  const range = rangeOf(ipaddr.parse(bare));
  if (range === "unicast" || (allowPrivate && LOCAL_USE.has(range))) return undefined;
  return `is ${RANGE_NAMES[range] ?? "reserved"}`;
}

/** True when the text is an address in any form, so that no name needs to be resolved. */
export function isAddress(host: string): boolean {
  return ipaddr.isValid(host.replace(/^\[|\]$/g, ""));
}

function rangeOf(address: ipaddr.IPv4 | ipaddr.IPv6): string {
  if (address instanceof ipaddr.IPv4) return address.range();
  if (address.isIPv4MappedAddress()) return address.toIPv4Address().range();
  const range = address.range();
  // RFC 6052 §2.1: an IPv6-only host reaches public IPv4 through 64:ff9b::/96, so the address inside decides.
  if (range === "rfc6052") return ipaddr.fromByteArray(address.toByteArray().slice(12)).range();
  if (range !== "unicast") return range;
  return address.match(GLOBAL_IPV6) && !address.match(DOCUMENTATION_IPV6) ? "unicast" : "reserved";
}
