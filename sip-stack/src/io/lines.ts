/** Our listeners as ways to peers: which one a message leaves by, and what a peer is told to reach us at. */
import { type Hop, isInside } from "../ua/hop.ts";
import type { Listener, TransportName } from "../ua/types.ts";
import { Facing } from "./facing.ts";
import type { SipTransport } from "./transport.ts";

export interface Line {
  readonly transport: SipTransport;
  /** As bound. */
  readonly listener: Listener;
}

const UDP_FLOW = "udp-";

export class Lines {
  readonly all: Line[] = [];
  readonly #facing = new Facing();

  /** Adds a listener; messages of it carry its index. */
  add(transport: SipTransport, listener: Listener): void {
    const { address, port } = transport.bound;
    this.all.push({ transport, listener: { ...listener, host: address, port } });
  }

  /**
   * What a datagram that came by listener `index` is answered through. Phones behind a NAT hear only the listener that
   * they spoke to, so with several of them it has a name, as a connection has; with one there is nothing to say.
   */
  flowOf(index: number): string | undefined {
    const isOnly = this.all.every(({ transport }, at) => at === index || transport.transport !== "udp");
    return isOnly ? undefined : `${UDP_FLOW}${index}`;
  }

  /** undefined: no listener of that transport and address family. */
  towards(hop: Hop, nowMs: number): Line | undefined {
    const own = this.all[hop.listener ?? -1] ?? this.#lineOfFlow(hop.flow);
    if (own?.transport.transport === hop.transport) return own;
    const able = this.all.filter(({ transport, listener }) => {
      return transport.transport === hop.transport && isV6(listener.host) === isV6(hop.address);
    });
    if (able.length < 2) return able[0];
    // Of several the one that stands on the way to the peer, else one that stands on all ways.
    const facing = this.#facing.towards(hop.address, nowMs);
    return (
      able.find(({ listener }) => listener.host === facing) ??
      able.find(({ listener }) => isWildcard(listener.host)) ??
      able.find(({ listener }) => isLoopback(listener.host) === isLoopback(hop.address)) ??
      able[0]
    );
  }

  /** Address and port that the far end of `hop` reaches us at. */
  near(hop: Hop, nowMs: number): { address: string; port: number } {
    const line = this.towards(hop, nowMs);
    if (line === undefined) return { address: this.#facing.towards(hop.address, nowMs), port: 0 };
    const { advertisedAddress, host, port } = line.listener;
    const outside = typeof advertisedAddress === "function" ? advertisedAddress() : advertisedAddress;
    // Who is inside may not get through to the outside address: it is told the one it reached us at.
    if (outside !== undefined && !isInside(hop.address, outside)) return { address: outside, port };
    return { address: isWildcard(host) ? this.#facing.towards(hop.address, nowMs) : host, port };
  }

  /** We can open a way there: WebSockets are only ever opened to us. */
  canReach(transport: TransportName, family: 4 | 6): boolean {
    if (transport === "ws" || transport === "wss") return false;
    return this.all.some(
      (line) => line.transport.transport === transport && isV6(line.listener.host) === (family === 6),
    );
  }

  #lineOfFlow(flow: string | undefined): Line | undefined {
    if (flow === undefined) return undefined;
    if (flow.startsWith(UDP_FLOW)) return this.all[Number(flow.slice(UDP_FLOW.length))];
    return this.all.find(({ transport }) => transport.hasFlow?.(flow) === true);
  }
}

function isV6(address: string): boolean {
  return address.includes(":");
}

function isLoopback(address: string): boolean {
  return address === "::1" || address.startsWith("127.");
}

function isWildcard(address: string): boolean {
  return address === "0.0.0.0" || address === "::";
}
