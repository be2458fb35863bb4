/** Standard Webhooks signatures (standardwebhooks.com, symmetric scheme v1). */
import { createHmac } from "node:crypto";
import { isoTime, type Random } from "@voepy/base";
import type { EventRecord, WebhookRecord } from "@voepy/store";

const SECRET_PREFIX = "whsec_";
/** The scheme asks for 24 to 64 bytes. */
const SECRET_BYTES = 32;

/** `whsec_` and 32 random bytes in base64. */
export function makeWebhookSecret(random: Random): string {
  return SECRET_PREFIX + Buffer.from(random.fill(new Uint8Array(SECRET_BYTES))).toString("base64");
}

/** What is posted: the same bytes at every attempt. `data` is stored serialised and goes in as it is. */
export function webhookBody(event: EventRecord): string {
  const head = JSON.stringify({
    id: event.id,
    event_type: event.eventType,
    occurred_at: isoTime(event.occurredAt),
    sequence: event.sequence,
  });
  return `${head.slice(0, -1)},"data":${event.data}}`;
}

/** Those whose signatures a delivery carries: during a rotation the one before, too. */
export function secretsOf(
  webhook: Pick<WebhookRecord, "secret" | "previousSecret" | "previousSecretUntil">,
  wallMs: number,
): readonly string[] {
  const { secret, previousSecret, previousSecretUntil } = webhook;
  const isOverlapping = typeof previousSecret === "string" && wallMs < (previousSecretUntil ?? 0);
  return isOverlapping ? [secret, previousSecret] : [secret];
}

/**
 * The three headers. `webhook-id` is the event's id, so that a receiver can tell a repetition; `webhook-signature` has
 * one signature for each secret, with a space between them.
 */
export function signatureHeaders(
  message: { readonly id: string; readonly wallMs: number; readonly body: string },
  secrets: readonly string[],
): Record<string, string> {
  const timestamp = String(Math.floor(message.wallMs / 1000));
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.startsWith(SECRET_PREFIX) ? secret.slice(SECRET_PREFIX.length) : secret, "base64");
    return `v1,${createHmac("sha256", key).update(`${message.id}.${timestamp}.${message.body}`).digest("base64")}`;
  });
  return { "webhook-id": message.id, "webhook-timestamp": timestamp, "webhook-signature": signatures.join(" ") };
}
