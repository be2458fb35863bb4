/** Deliveries that are due and not yet begun, by endpoint, so that endpoints take turns and none takes all. */
import { type DeliveryRecord, endpointOf } from "@voepy/store";

export interface ReadyList {
  /** Takes in what is due; those begun or known already are skipped. */
  add(due: readonly DeliveryRecord[]): void;
  /** The next one to begin, which then counts as in flight until `done`; undefined when there is none or no room. */
  take(): DeliveryRecord | undefined;
  done(delivery: DeliveryRecord): void;
  /** Room for one more in flight. */
  hasRoom(): boolean;
  /** Endpoints that need no more deliveries now: full, or with some waiting here. */
  sated(): ReadonlySet<string>;
}

export interface Capacity {
  readonly inFlight: number;
  readonly inFlightPerEndpoint: number;
}

export function makeReadyList(capacity: Capacity): ReadyList {
  const inFlight = new Set<string>();
  const busy = new Map<string, number>();
  /** In the order of turns: an endpoint that was served goes to the end. */
  const waiting = new Map<string, DeliveryRecord[]>();
  const isFull = (endpoint: string): boolean => (busy.get(endpoint) ?? 0) >= capacity.inFlightPerEndpoint;

  return {
    add(due) {
      for (const delivery of due) {
        const endpoint = endpointOf(delivery);
        const queue = waiting.get(endpoint) ?? [];
        if (inFlight.has(delivery.id) || queue.some((other) => other.id === delivery.id)) continue;
        queue.push(delivery);
        waiting.set(endpoint, queue);
      }
    },
    take() {
      if (inFlight.size >= capacity.inFlight) return undefined;
      for (const [endpoint, queue] of waiting) {
        if (isFull(endpoint)) continue;
        const delivery = queue.shift();
        waiting.delete(endpoint);
        if (queue.length > 0) waiting.set(endpoint, queue);
        if (!delivery) continue;
        inFlight.add(delivery.id);
        busy.set(endpoint, (busy.get(endpoint) ?? 0) + 1);
        return delivery;
      }
      return undefined;
    },
    done(delivery) {
      if (!inFlight.delete(delivery.id)) return;
      const endpoint = endpointOf(delivery);
      const left = (busy.get(endpoint) ?? 1) - 1;
      if (left > 0) busy.set(endpoint, left);
      else busy.delete(endpoint);
    },
    hasRoom: () => inFlight.size < capacity.inFlight,
    sated: () => new Set([...waiting.keys(), ...[...busy.keys()].filter(isFull)]),
  };
}
