/**
 * An emulated IPv4 network on the virtual clock: hosts with addresses, UDP between them, and for every
 * direction a profile of delay, jitter, loss, duplication, reordering and rate. All chance is seeded.
 */
import type { Clock, Random } from "@voepy/base";
import { randomUint32 } from "@voepy/base";
import type { UdpAddress, UdpBinding, UdpNetwork, UdpSocket } from "./udp.ts";

/** What one direction of a path does to packets. Percentages are 0–100; everything defaults to a perfect wire. */
export interface PathProfile {
  /** One way, ms. */
  readonly delayMs?: number;
  /** Up to this is added to the delay, evenly spread; order is kept, as in a queue. */
  readonly jitterMs?: number;
  readonly lossPct?: number;
  /** Gilbert–Elliott: chances a packet to enter and to leave the bad state, and the loss while in it. */
  readonly burstLoss?: { readonly enterPct: number; readonly leavePct: number; readonly lossPct: number };
  readonly duplicatePct?: number;
  /** These packets are held back by `reorderMs` (default 30) and overtaken. */
  readonly reorderPct?: number;
  readonly reorderMs?: number;
  /** A link of this many kilobits a second, with IP and UDP headers counted. */
  readonly rateKbps?: number;
  /** Bytes that may wait for a rate-limited link before the tail is dropped; default 65536. */
  readonly queueBytes?: number;
}

export interface NetworkCounters {
  sent: number;
  delivered: number;
  lost: number;
  duplicated: number;
  reordered: number;
  /** Dropped from a full queue. */
  overflowed: number;
  /** Nobody listens there. */
  unreachable: number;
}

const IP_AND_UDP_BYTES = 28;
const LARGEST_PAYLOAD_BYTES = 65_507;
const FIRST_EPHEMERAL_PORT = 49_152;

interface Path {
  profile: PathProfile;
  isInBurst: boolean;
  /** When the link is free again (rate) and when the last in-order packet arrives (jitter), ms. */
  freeAtMs: number;
  lastArrivalMs: number;
}

type Receive = (bytes: Uint8Array, from: UdpAddress) => void;

export class EmulatedNetwork {
  readonly clock: Clock;
  readonly counters: NetworkCounters = {
    sent: 0,
    delivered: 0,
    lost: 0,
    duplicated: 0,
    reordered: 0,
    overflowed: 0,
    unreachable: 0,
  };
  readonly #random: Random;
  readonly #default: PathProfile;
  readonly #hosts = new Map<string, EmulatedHost>();
  readonly #paths = new Map<string, Path>();
  #listener: ((packet: CarriedPacket) => void) | undefined;

  constructor(options: { clock: Clock; random: Random; profile?: PathProfile }) {
    this.clock = options.clock;
    this.#random = options.random;
    this.#default = options.profile ?? {};
  }

  /** The host of that address, made when it is new; `more` are further addresses of it. 127.0.0.0/8 is every host's own. */
  host(address: string, ...more: string[]): EmulatedHost {
    const known = this.#hosts.get(address);
    if (known !== undefined) return known;
    const host = new EmulatedHost(this, [address, ...more]);
    for (const own of host.addresses) this.#hosts.set(own, host);
    return host;
  }

  /** Sets what happens to packets from one address to another, from now on. Within one host the default wire is perfect. */
  setPath(from: string, to: string, profile: PathProfile): void {
    this.#path(from, to).profile = profile;
  }

  /** The same profile both ways. */
  setPaths(one: string, other: string, profile: PathProfile): void {
    this.setPath(one, other, profile);
    this.setPath(other, one, profile);
  }

  /** Shows every packet as it is sent, before chance has its say: for captures and for counting. */
  onSent(listener: (packet: CarriedPacket) => void): void {
    this.#listener = listener;
  }

  /** For sockets of this file. */
  carry(sender: EmulatedHost, packet: CarriedPacket): void {
    this.counters.sent++;
    this.#listener?.(packet);
    const { from, to, bytes } = packet;
    if (bytes.length > LARGEST_PAYLOAD_BYTES) {
      this.counters.overflowed++;
      return;
    }
    const target = isLoopback(to.address) ? sender : this.#hosts.get(to.address);
    const path = this.#path(from.address, to.address, target === sender);
    const times = this.#isLost(path) ? 0 : this.#chance(path.profile.duplicatePct) ? 2 : 1;
    if (times === 0) this.counters.lost++;
    if (times === 2) this.counters.duplicated++;
    for (let i = 0; i < times; i++) {
      const arrivalMs = this.#arrival(path, bytes.length);
      if (arrivalMs === undefined) this.counters.overflowed++;
      else this.clock.schedule(arrivalMs, () => this.#deliver(target, packet));
    }
  }

  #deliver(target: EmulatedHost | undefined, packet: CarriedPacket): void {
    const receive = target?.listenerAt(packet.to);
    if (receive === undefined) {
      this.counters.unreachable++;
      return;
    }
    this.counters.delivered++;
    receive(Uint8Array.from(packet.bytes), packet.from);
  }

  #path(from: string, to: string, isLocal = false): Path {
    const key = `${from} > ${to}`;
    let path = this.#paths.get(key);
    if (path === undefined) {
      path = { profile: isLocal ? {} : this.#default, isInBurst: false, freeAtMs: 0, lastArrivalMs: 0 };
      this.#paths.set(key, path);
    }
    return path;
  }

  #isLost(path: Path): boolean {
    const { burstLoss, lossPct } = path.profile;
    if (burstLoss !== undefined) {
      path.isInBurst = this.#chance(path.isInBurst ? 100 - burstLoss.leavePct : burstLoss.enterPct);
      if (path.isInBurst && this.#chance(burstLoss.lossPct)) return true;
    }
    return this.#chance(lossPct);
  }

  /** undefined: the queue is full. */
  #arrival(path: Path, payloadBytes: number): number | undefined {
    const { profile } = path;
    const nowMs = this.clock.nowMs();
    let leavesMs = nowMs;
    if (profile.rateKbps !== undefined) {
      const waitingBytes = (Math.max(0, path.freeAtMs - nowMs) * profile.rateKbps) / 8;
      if (waitingBytes + payloadBytes > (profile.queueBytes ?? 65_536)) return undefined;
      leavesMs = Math.max(nowMs, path.freeAtMs) + ((payloadBytes + IP_AND_UDP_BYTES) * 8) / profile.rateKbps;
      path.freeAtMs = leavesMs;
    }
    const arrivesMs = leavesMs + (profile.delayMs ?? 0) + (profile.jitterMs ?? 0) * this.#unit();
    if (this.#chance(profile.reorderPct)) {
      this.counters.reordered++;
      return arrivesMs + (profile.reorderMs ?? 30);
    }
    path.lastArrivalMs = Math.max(path.lastArrivalMs, arrivesMs);
    return path.lastArrivalMs;
  }

  #chance(pct: number | undefined): boolean {
    return pct !== undefined && pct > 0 && this.#unit() * 100 < pct;
  }

  #unit(): number {
    return randomUint32(this.#random) / 2 ** 32;
  }
}

export interface CarriedPacket {
  readonly from: UdpAddress;
  readonly to: UdpAddress;
  readonly bytes: Uint8Array;
}

export class EmulatedHost implements UdpNetwork {
  /** The first is what its sockets send from unless bound to another. */
  readonly addresses: readonly string[];
  readonly network: EmulatedNetwork;
  readonly #bound = new Map<string, Receive>();
  #nextPort = FIRST_EPHEMERAL_PORT;

  constructor(network: EmulatedNetwork, addresses: readonly string[]) {
    this.network = network;
    this.addresses = addresses;
  }

  get address(): string {
    return this.addresses[0]!;
  }

  async bind(binding: UdpBinding): Promise<UdpSocket> {
    return this.bindNow(binding);
  }

  /** Like `bind`, at once. Throws an error of code EADDRINUSE or EADDRNOTAVAIL, as the system would. */
  bindNow(binding: UdpBinding): UdpSocket {
    const address = binding.address ?? this.address;
    const isAny = isWildcard(address);
    if (!isAny && !isLoopback(address) && !this.addresses.includes(address)) {
      throw Object.assign(new Error(`${address} is not an address of this host`), { code: "EADDRNOTAVAIL" });
    }
    const port = binding.port || this.#freePort();
    const keys = isAny ? [...this.addresses, "127.0.0.1"].map((own) => key(own, port)) : [key(address, port)];
    if (keys.some((taken) => this.#bound.has(taken))) {
      throw Object.assign(new Error(`udp ${address}:${port} is already in use`), { code: "EADDRINUSE" });
    }
    for (const own of keys) this.#bound.set(own, binding.onPacket);
    let isOpen = true;
    return {
      address,
      port,
      send: (bytes, to) => {
        if (!isOpen) return;
        const source = !isAny ? address : isLoopback(to.address) ? "127.0.0.1" : this.address;
        const from = { address: source, port };
        this.network.carry(this, { from, to: { address: to.address, port: to.port }, bytes: Uint8Array.from(bytes) });
      },
      close: () => {
        if (!isOpen) return;
        isOpen = false;
        for (const own of keys) this.#bound.delete(own);
      },
    };
  }

  /** Who receives what is sent to that address and port of this host. */
  listenerAt(to: UdpAddress): Receive | undefined {
    return this.#bound.get(key(to.address, to.port));
  }

  #freePort(): number {
    while ([...this.addresses, "127.0.0.1"].some((own) => this.#bound.has(key(own, this.#nextPort)))) this.#nextPort++;
    return this.#nextPort++;
  }
}

function key(address: string, port: number): string {
  return `${address} ${port}`;
}

function isWildcard(address: string): boolean {
  return address === "0.0.0.0" || address === "::";
}

function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1";
}
