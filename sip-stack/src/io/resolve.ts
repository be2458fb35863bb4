/**
 * Host names to addresses. A and AAAA only, IPv4 first; NAPTR and SRV (RFC 3263) would come in here, which is why a
 * list in order of preference is given and not one address.
 */
import { lookup } from "node:dns/promises";

/** Empty when the name does not resolve. At most this many are worth trying. */
const MAX_ADDRESSES = 8;

export async function resolveHost(host: string): Promise<readonly string[]> {
  try {
    const found = await lookup(host, { all: true, order: "ipv4first" });
    return found.slice(0, MAX_ADDRESSES).map(({ address }) => address);
  } catch (thrown) {
    // Not found, no name server, a name that is none: for a call it is all the same.
    if (thrown instanceof Error) return [];
    throw thrown;
  }
}
