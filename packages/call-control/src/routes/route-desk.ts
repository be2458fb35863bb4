/**
 * What is known of routes at this moment: which gateways answer, which asked to be left alone, where we are
 * registered, how much each still takes. Calls ask it; the API shows it; `route.up` and `route.down` come from it.
 */
import { type Clock, type Log, type MakeId, messageOf, type Random } from "@voepy/base";
import type { Directory } from "@voepy/policy";
import type { SipEndpoint, SipEvent } from "@voepy/sip-stack";
import type { GatewayRecord, RouteRecord, Store } from "@voepy/store";
import type { Registry } from "../call/registry.ts";
import type { JsonObject } from "../serialize/call.ts";
import { Capacity } from "./capacity.ts";
import { gatewayKey, Pinger } from "./pinger.ts";
import { Registrations } from "./registrations.ts";
import type { RouteState } from "./route-state.ts";

export interface RouteDeskOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly makeId: MakeId;
  readonly store: Store;
  readonly sip: SipEndpoint;
  readonly directory: () => Directory;
  readonly registry: Registry;
}

/** A Retry-After longer than this is not believed, s. */
const LONGEST_ASIDE_S = 600;

export class RouteDesk {
  readonly #options: RouteDeskOptions;
  readonly #pinger: Pinger;
  readonly #registrations: Registrations;
  readonly #capacity: Capacity;
  /** By gateway: monotonic ms until which it is left alone. */
  readonly #asideUntilMs = new Map<string, number>();
  #isClosed = false;

  constructor(options: RouteDeskOptions) {
    this.#options = options;
    this.#capacity = new Capacity(options.registry);
    this.#pinger = new Pinger({
      ...options,
      changed: (change, health, routes) => {
        const { host, port, transport } = health.gateway;
        for (const route of routes) {
          this.#tell(change, route, { gateway: { host, port, transport }, reason: health.reason });
        }
      },
    });
    this.#registrations = new Registrations({
      ...options,
      changed: (change, route, reason) =>
        this.#tell(change, route, { gateway: null, reason: reason === null ? null : `registration: ${reason}` }),
    });
  }

  /** Follows the routes of the directory as it is now: at the start and whenever settings changed. */
  refresh(): void {
    if (this.#isClosed) return;
    const routes = this.#options.directory().allRoutes();
    this.#pinger.watch(routes);
    this.#registrations.keep(routes);
  }

  /** To be tried last. */
  isDown(gateway: GatewayRecord): boolean {
    return this.#isAside(gateway) || this.#pinger.healthOf(gateway)?.status === "down";
  }

  setAside(gateway: GatewayRecord, seconds: number): void {
    const { clock, log } = this.#options;
    const kept = Math.min(seconds, LONGEST_ASIDE_S);
    this.#asideUntilMs.set(gatewayKey(gateway), clock.nowMs() + kept * 1000);
    log.info("gateway asked to be left alone", { gateway: gatewayKey(gateway), seconds: kept });
  }

  fullness(route: RouteRecord): "channels" | "cps" | undefined {
    return this.#capacity.fullness(route, this.#options.clock.nowMs());
  }

  /** Takes the route's next turn for a call; how long that is from now, ms. */
  reserveSlot(route: RouteRecord): number {
    return this.#capacity.reserve(route, this.#options.clock.nowMs());
  }

  /** Literal addresses a gateway's host name is known to have. */
  addressesOf(host: string): string[] {
    return [...this.#pinger.addressesOf(host), ...this.#registrations.addressesOf(host)];
  }

  onSipEvent(event: Extract<SipEvent, { type: "pinged" | "registered" }>): void {
    if (event.type === "pinged") this.#pinger.onPinged(event);
    else this.#registrations.onRegistered(event);
  }

  stateOf(route: RouteRecord): RouteState {
    const { clock } = this.#options;
    const wallOf = (atMs: number): number => clock.wallMs() + (atMs - clock.nowMs());
    const registration = this.#registrations.stateOf(route.id);
    return {
      gateways: route.gateways.map((gateway) => {
        const health = this.#pinger.healthOf(gateway);
        const asideUntil = this.#asideUntilMs.get(gatewayKey(gateway)) ?? 0;
        return {
          gateway,
          status: health?.status ?? "unknown",
          since: health?.since ?? null,
          reason: health?.reason ?? null,
          roundTripMs: health?.roundTripMs ?? null,
          asideUntil: asideUntil > clock.nowMs() ? wallOf(asideUntil) : null,
        };
      }),
      registration:
        registration === undefined
          ? null
          : {
              status: registration.status,
              reason: registration.reason,
              registrar: registration.registrar,
              expiresAt: registration.boundUntilMs > clock.nowMs() ? wallOf(registration.boundUntilMs) : null,
              nextAttemptAt: wallOf(registration.nextAtMs),
            },
      channels: this.#capacity.channels(route.id),
    };
  }

  /** Stops asking, and takes registrations back. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#pinger.close();
    await this.#registrations.close();
  }

  #isAside(gateway: GatewayRecord): boolean {
    const key = gatewayKey(gateway);
    const untilMs = this.#asideUntilMs.get(key);
    if (untilMs === undefined) return false;
    if (untilMs > this.#options.clock.nowMs()) return true;
    this.#asideUntilMs.delete(key);
    return false;
  }

  #tell(change: "up" | "down", route: RouteRecord, facts: JsonObject): void {
    const { clock, log, makeId, store } = this.#options;
    log.warn(`route ${change}`, { route: route.id, ...facts });
    const event = {
      id: makeId("evt"),
      tenantId: route.tenantId,
      callId: null,
      eventType: `route.${change}`,
      occurredAt: clock.wallMs(),
      sequence: 1,
      data: JSON.stringify({ route_id: route.id, ...facts }),
      webhookUrl: null,
    };
    store.commit({ events: [event] }).catch((thrown: unknown) => {
      log.error("route event could not be stored", { route: route.id, why: messageOf(thrown) });
    });
  }
}
