/**
 * Finding the servers of a SIP target (RFC 3263 §4): NAPTR, SRV, A and AAAA, only for transports and address families
 * that we can send by. The result is tried in order by the user agent; what failed lately comes last.
 */
import type { Clock, Random } from "@voepy/base";
import { isIpv4, isIpv6 } from "../message/ip.ts";
import type { LocateTarget } from "../ua/effects.ts";
import { defaultPort, type Hop } from "../ua/hop.ts";
import type { TransportName } from "../ua/types.ts";
import type { Dns } from "./dns.ts";
import { defaultServices, orderSrv, type Service, servicesOfNaptr } from "./locate-order.ts";

/** Worth trying for one request. */
const MAX_HOPS = 16;
/** Servers of one SRV name that are looked up. */
const MAX_SERVERS = 8;
const MAX_AVOIDED = 1_000;
/** RFC 3261 §18.1.1: without knowing the path's MTU, more goes over TCP. */
const MAX_UDP_REQUEST_BYTES = 1_300;

export interface LocatorParts {
  readonly dns: Dns;
  readonly clock: Clock;
  readonly random: Random;
  /** We have a listener to send from. */
  canReach(transport: TransportName, family: 4 | 6): boolean;
}

interface Server {
  readonly transport: TransportName;
  readonly host: string;
  readonly port: number;
}

export class Locator {
  readonly #parts: LocatorParts;
  /** Until when, by transport, address and port. */
  readonly #avoided = new Map<string, number>();

  constructor(parts: LocatorParts) {
    this.#parts = parts;
  }

  /** Best first; empty when the name leads nowhere. Never rejects. */
  async locate(target: LocateTarget): Promise<readonly Hop[]> {
    const servers = await this.#servers(target);
    const found = await Promise.all(servers.map((server) => this.#hopsOf(server, target.host)));
    const hops = this.#sizeUp(found.flat(), target);
    const nowMs = this.#parts.clock.nowMs();
    const avoided = hops.filter((hop) => this.#isAvoided(hop, nowMs));
    return [...hops.filter((hop) => !avoided.includes(hop)), ...avoided].slice(0, MAX_HOPS);
  }

  /** It failed (§4.3): for a while it is tried last. */
  avoid(hop: Hop, forMs: number): void {
    const nowMs = this.#parts.clock.nowMs();
    for (const [key, untilMs] of this.#avoided) if (untilMs <= nowMs) this.#avoided.delete(key);
    if (this.#avoided.size < MAX_AVOIDED) this.#avoided.set(keyOf(hop), nowMs + forMs);
  }

  async #servers(target: LocateTarget): Promise<readonly Server[]> {
    const { host, port, transport, isSecure } = target;
    // §4.1: a literal address or a port leave nothing to look up but the transport's default.
    const usual = transport ?? this.#transports(isSecure)[0] ?? (isSecure ? "tls" : "udp");
    const plain = { transport: usual, host, port: port ?? defaultPort(usual) };
    if (isLiteral(host) || port !== undefined) return [plain];
    const ours = transport === undefined ? this.#transports(isSecure) : [transport];
    // Asked at once, though SRV may turn out not to be needed: name servers that are down cost their time only once.
    const [naptr, direct] = await Promise.all([
      transport === undefined ? this.#records(this.#parts.dns.naptr(host)) : [],
      this.#srv(defaultServices(host, ours)),
    ]);
    const named = servicesOfNaptr(naptr, ours);
    const servers = named.length > 0 ? await this.#srv(named) : direct;
    // §4.2: no SRV at all, then the host itself.
    return servers.length > 0 ? servers : [plain];
  }

  /** Those we can send by at all, in the order of preference without NAPTR. */
  #transports(isSecure: boolean): TransportName[] {
    const all: readonly TransportName[] = isSecure ? ["tls"] : ["udp", "tcp", "tls"];
    return all.filter((transport) => this.#parts.canReach(transport, 4) || this.#parts.canReach(transport, 6));
  }

  async #srv(services: readonly Service[]): Promise<readonly Server[]> {
    const answers = await Promise.all(
      services.map(async ({ transport, name }) => {
        const records = await this.#records(this.#parts.dns.srv(name));
        // RFC 2782: "." says that the service is decidedly not there.
        const there = records.filter((record) => record.name !== "" && record.name !== "." && record.port > 0);
        return orderSrv(there, this.#parts.random)
          .slice(0, MAX_SERVERS)
          .map(({ name: host, port }) => ({ transport, host, port }));
      }),
    );
    return answers.flat();
  }

  /** IPv4 first, as everything did before AAAA. */
  async #hopsOf({ transport, host, port }: Server, name: string): Promise<Hop[]> {
    const families = ([4, 6] as const).filter((family) => this.#parts.canReach(transport, family));
    const addresses = await Promise.all(
      families.map((family) => {
        if (isLiteral(host)) return isIpv6(host) === (family === 6) ? [host] : [];
        return this.#records(this.#parts.dns.addresses(host, family));
      }),
    );
    // RFC 5922 §4: the certificate must be for what the target said, not for what DNS made of it.
    const proved = isLiteral(name) ? undefined : name;
    return addresses.flat().map((address) => ({ transport, address, port, name: proved }));
  }

  /** §18.1.1: too large for UDP goes by TCP first, unless the transport was asked for; UDP stays as the way out. */
  #sizeUp(hops: readonly Hop[], { transport, sizeBytes }: LocateTarget): readonly Hop[] {
    if (transport !== undefined || sizeBytes <= MAX_UDP_REQUEST_BYTES) return hops;
    return hops.flatMap((hop) => {
      const family = isIpv6(hop.address) ? 6 : 4;
      const isTooLarge = hop.transport === "udp" && this.#parts.canReach("tcp", family);
      return isTooLarge ? [{ ...hop, transport: "tcp" as const }, hop] : [hop];
    });
  }

  async #records<T>(asked: Promise<{ readonly records: readonly T[] }>): Promise<readonly T[]> {
    try {
      return (await asked).records;
    } catch (thrown) {
      // No answer is no way there: for the call the same as no such name.
      if (thrown instanceof Error) return [];
      throw thrown;
    }
  }

  #isAvoided(hop: Hop, nowMs: number): boolean {
    return (this.#avoided.get(keyOf(hop)) ?? 0) > nowMs;
  }
}

function isLiteral(host: string): boolean {
  return isIpv4(host) || isIpv6(host);
}

function keyOf({ transport, address, port }: Hop): string {
  return `${transport} ${address} ${port}`;
}
