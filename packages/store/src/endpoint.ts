import type { DeliveryRecord } from "./records.ts";

/**
 * Who shares capacity for deliveries: a registered endpoint, or, for per-call URLs (of which each call may have its
 * own), the host they lead to.
 */
export function endpointOf(delivery: Pick<DeliveryRecord, "webhookId" | "url">): string {
  return delivery.webhookId ?? URL.parse(delivery.url)?.origin ?? delivery.url;
}

/** Does an endpoint with these filters want the event? `*`, exact names, and `call.*` for all that begin so. */
export function wantsEvent(filters: readonly string[], eventType: string): boolean {
  return filters.some(
    (filter) =>
      filter === "*" || filter === eventType || (filter.endsWith(".*") && eventType.startsWith(filter.slice(0, -1))),
  );
}
