/** Webhook endpoints, their deliveries and the events they carry. */
import { isoTime } from "@voepy/base";
import type { DeliveryRecord, EventRecord, WebhookRecord } from "@voepy/store";

/** Without its secret, which is shown once. */
export function serializeWebhook(webhook: WebhookRecord) {
  return {
    id: webhook.id,
    url: webhook.url,
    failover_url: webhook.failoverUrl,
    events: webhook.events,
    created_at: isoTime(webhook.createdAt),
  };
}

export function serializeDelivery(delivery: DeliveryRecord) {
  return {
    id: delivery.id,
    event_id: delivery.eventId,
    webhook_id: delivery.webhookId,
    call_id: delivery.callId,
    sequence: delivery.sequence,
    url: delivery.url,
    status: delivery.status,
    attempts: delivery.attempts,
    next_attempt_at: delivery.status === "pending" ? isoTime(delivery.nextAttemptAt) : null,
    last_status_code: delivery.lastStatusCode,
    last_latency_ms: delivery.lastLatencyMs,
    last_error: delivery.lastError,
    response_head: delivery.responseHead,
  };
}

/** As the webhook carries it. */
export function serializeEvent(event: EventRecord) {
  return {
    id: event.id,
    event_type: event.eventType,
    occurred_at: isoTime(event.occurredAt),
    sequence: event.sequence,
    data: JSON.parse(event.data),
  };
}
