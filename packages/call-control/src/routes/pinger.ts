/** Asks every gateway by OPTIONS whether it is there, each once however many routes share it. */
import { type Clock, type Log, type Random, randomUint32, type Timer } from "@voepy/base";
import { optionsOf, SHARED } from "@voepy/policy";
import type { SipEndpoint, SipEvent } from "@voepy/sip-stack";
import type { GatewayRecord, RouteRecord } from "@voepy/store";
import { afterPing, type GatewayHealth, unknownHealth } from "./health.ts";

export interface PingerOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly sip: SipEndpoint;
  /** The gateway of these routes went up or down. */
  readonly changed: (change: "up" | "down", health: GatewayHealth, routes: readonly RouteRecord[]) => void;
}

interface Watch {
  health: GatewayHealth;
  routes: RouteRecord[];
  intervalMs: number;
  timer: Timer | undefined;
  /** Literal addresses that answered: a name may stand for several. */
  readonly addresses: Set<string>;
}

/** Gateways of a big configuration are not all asked in the same instant, ms. */
const FIRST_WITHIN_MS = 2_000;
const LONGEST_WAIT_MS = 8_000;
/** Kept of one gateway's name. */
const MOST_ADDRESSES = 16;

export class Pinger {
  readonly #options: PingerOptions;
  readonly #watches = new Map<string, Watch>();
  readonly #asked = new Map<string, Watch>();

  constructor(options: PingerOptions) {
    this.#options = options;
  }

  /** Watches the gateways of these routes and no others. */
  watch(routes: readonly RouteRecord[]): void {
    const wanted = new Map<string, Watch>();
    for (const route of routes) {
      // The far end we bring along is there as long as we are.
      if (route.tenantId === SHARED) continue;
      for (const gateway of route.gateways) this.#want(wanted, route, gateway);
    }
    for (const [key, watch] of this.#watches) if (wanted.get(key) !== watch) this.#forget(key, watch);
    for (const [key, watch] of wanted) {
      this.#watches.set(key, watch);
      // Of one that nobody asks any more nothing is known.
      if (watch.intervalMs === Number.POSITIVE_INFINITY) {
        watch.health = unknownHealth(watch.health.gateway, this.#options.clock.wallMs());
      } else if (watch.timer === undefined) this.#schedule(watch, this.#soon());
    }
  }

  healthOf(gateway: GatewayRecord): GatewayHealth | undefined {
    return this.#watches.get(gatewayKey(gateway))?.health;
  }

  /** Addresses that gateways of that host name answered from. */
  addressesOf(host: string): string[] {
    const addresses: string[] = [];
    for (const watch of this.#watches.values()) {
      if (watch.health.gateway.host === host) addresses.push(...watch.addresses);
    }
    return addresses;
  }

  onPinged(event: Extract<SipEvent, { type: "pinged" }>): void {
    const watch = this.#asked.get(event.ping);
    this.#asked.delete(event.ping);
    if (watch === undefined || !this.#isWatched(watch)) return;
    const { health, change } = afterPing(watch.health, event, this.#options.clock.wallMs());
    watch.health = health;
    if (event.cause === "response" && event.address !== undefined && watch.addresses.size < MOST_ADDRESSES) {
      watch.addresses.add(event.address);
    }
    if (change !== undefined) this.#options.changed(change, health, watch.routes);
  }

  close(): void {
    for (const [key, watch] of this.#watches) this.#forget(key, watch);
    this.#asked.clear();
  }

  #want(wanted: Map<string, Watch>, route: RouteRecord, gateway: GatewayRecord): void {
    const key = gatewayKey(gateway);
    const known = this.#watches.get(key);
    let watch = wanted.get(key);
    if (watch === undefined) {
      const health = known?.health ?? unknownHealth(gateway, this.#options.clock.wallMs());
      const intervalMs = Number.POSITIVE_INFINITY;
      watch = known ?? { health, routes: [], intervalMs, timer: undefined, addresses: new Set() };
      watch.routes = [];
      watch.intervalMs = Number.POSITIVE_INFINITY;
      wanted.set(key, watch);
    }
    watch.routes.push(route);
    const { optionsPingSecs } = optionsOf(route);
    if (optionsPingSecs > 0) watch.intervalMs = Math.min(watch.intervalMs, optionsPingSecs * 1000);
  }

  #forget(key: string, watch: Watch): void {
    watch.timer?.cancel();
    watch.timer = undefined;
    this.#watches.delete(key);
  }

  #isWatched(watch: Watch): boolean {
    return this.#watches.get(gatewayKey(watch.health.gateway)) === watch;
  }

  #schedule(watch: Watch, delayMs: number): void {
    const { clock } = this.#options;
    watch.timer = clock.schedule(clock.nowMs() + delayMs, () => this.#ask(watch));
  }

  #ask(watch: Watch): void {
    watch.timer = undefined;
    if (!this.#isWatched(watch) || watch.intervalMs === Number.POSITIVE_INFINITY) return;
    const { transport, host, port } = watch.health.gateway;
    const { sip } = this.#options;
    const bracketed = host.includes(":") ? `[${host}]` : host;
    const near = sip.localAddress(transport, host).address;
    const ping = sip.ping({
      target: { transport, host, port: port === 0 ? undefined : port },
      requestUri: `sip:${bracketed}${port === 0 ? "" : `:${port}`}${transport === "udp" ? "" : `;transport=${transport}`}`,
      fromUri: `sip:voepy@${near.includes(":") ? `[${near}]` : near}`,
      timeoutMs: Math.min(LONGEST_WAIT_MS, watch.intervalMs),
    });
    this.#asked.set(ping, watch);
    this.#schedule(watch, watch.intervalMs);
  }

  #soon(): number {
    return randomUint32(this.#options.random) % FIRST_WITHIN_MS;
  }
}

export function gatewayKey({ transport, host, port }: GatewayRecord): string {
  return `${transport} ${host.toLowerCase()}:${port}`;
}
