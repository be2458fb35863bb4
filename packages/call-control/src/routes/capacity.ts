/** How much a route takes: calls at a time, and calls a second, which are paced before they are refused. */
import { optionsOf } from "@voepy/policy";
import type { RouteRecord } from "@voepy/store";
import type { Registry } from "../call/registry.ts";

/** A call waits at most this long for its turn; beyond it another route, or a refusal, serves it better. */
const LONGEST_QUEUE_MS = 2_000;

export class Capacity {
  readonly #registry: Registry;
  /** When the route takes its next call, monotonic ms. */
  readonly #nextSlotMs = new Map<string, number>();

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  /** Live legs over the route, both directions. */
  channels(routeId: string): number {
    let count = 0;
    for (const leg of this.#registry.legs.values()) if (leg.routeId === routeId && !leg.isOver) count++;
    return count;
  }

  fullness(route: RouteRecord, nowMs: number): "channels" | "cps" | undefined {
    const { maxChannels, maxCps } = optionsOf(route);
    if (maxChannels !== null && this.channels(route.id) >= maxChannels) return "channels";
    const waitMs = (this.#nextSlotMs.get(route.id) ?? 0) - nowMs;
    return maxCps !== null && waitMs > LONGEST_QUEUE_MS ? "cps" : undefined;
  }

  /** Takes the next slot; returns how long it is until then, ms. */
  reserve(route: RouteRecord, nowMs: number): number {
    const { maxCps } = optionsOf(route);
    if (maxCps === null) return 0;
    const slotMs = Math.max(nowMs, this.#nextSlotMs.get(route.id) ?? 0);
    this.#nextSlotMs.set(route.id, slotMs + 1000 / maxCps);
    return slotMs - nowMs;
  }
}
