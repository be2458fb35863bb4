/** What can be done with a webhook endpoint: try it, give it a new secret, see and repeat its deliveries. */
import type { WebhookRecord } from "@voepy/store";
import { z } from "zod";
import { keyedRoute, nothing, type Route } from "../route.ts";
import { pageFields, serializePage } from "../serialize/page.ts";
import { serializeDelivery, serializeWebhook } from "../serialize/webhook.ts";
import { docOf, existing, nothingThere, type ResourceSpec } from "./resource.ts";
import { makeSecret, type WebhookServices, webhookSecret } from "./webhooks.ts";

/** How long deliveries carry the signature of the secret before, too, ms. */
const OVERLAP_MS = 24 * 3_600_000;

export function webhookActions(spec: ResourceSpec<WebhookRecord>, services: WebhookServices): Route[] {
  return [test(spec, services), rotateSecret(spec, services), deliveries(spec, services), redeliver(spec, services)];
}

function test(spec: ResourceSpec<WebhookRecord>, { store, clock, makeId }: WebhookServices): Route {
  return keyedRoute({
    method: "post",
    path: `${spec.path}/{id}/test`,
    scope: "config:write",
    input: nothing,
    doc: {
      ...docOf(spec, "testWebhook", { status: 200, schema: "Delivery" }),
      summary: "Send a webhook.test event to this endpoint",
      description: "Whatever its filters are. What came of it is in its deliveries.",
      refusals: ["not_found"],
    },
    run: async ({ tenantId, id }) => {
      const webhook = await existing(spec, tenantId, id);
      const event = {
        id: makeId("evt"),
        tenantId,
        callId: null,
        eventType: "webhook.test",
        occurredAt: clock.wallMs(),
        sequence: 0,
        data: JSON.stringify({ webhook_id: id }),
        webhookUrl: null,
      };
      return { status: 200, json: serializeDelivery(await store.deliveries.send(event, webhook)) };
    },
  });
}

function rotateSecret(spec: ResourceSpec<WebhookRecord>, { clock, random }: WebhookServices): Route {
  return keyedRoute({
    method: "post",
    path: `${spec.path}/{id}/rotate_secret`,
    scope: "config:write",
    input: z.strictObject({ secret: webhookSecret.optional() }).meta({ id: "WebhookSecretRotation" }),
    doc: {
      ...docOf(spec, "rotateWebhookSecret", { status: 200, schema: "WebhookCreated" }),
      summary: "Give a webhook endpoint a new secret",
      description:
        "For 24 hours deliveries are signed with both, so that no receiver misses one while it changes over.",
      refusals: ["not_found"],
    },
    run: async ({ tenantId, id, input }) => {
      const before = await existing(spec, tenantId, id);
      const after: WebhookRecord = {
        ...before,
        secret: input.secret ?? makeSecret(random),
        previousSecret: before.secret,
        previousSecretUntil: clock.wallMs() + OVERLAP_MS,
      };
      await spec.rows.save(after);
      const shown = input.secret === undefined ? { secret: after.secret } : {};
      return { status: 200, json: { ...serializeWebhook(after), ...shown } };
    },
  });
}

function deliveries(spec: ResourceSpec<WebhookRecord>, { store }: WebhookServices): Route {
  return keyedRoute({
    method: "get",
    path: `${spec.path}/{id}/deliveries`,
    scope: "config:read",
    input: z.strictObject(pageFields),
    doc: {
      ...docOf(spec, "listDeliveries", { status: 200, schema: "DeliveryList" }),
      summary: "Deliveries of an endpoint, newest first",
      refusals: ["not_found"],
    },
    run: async ({ tenantId, id, input: { limit, cursor } }) => {
      await existing(spec, tenantId, id);
      const page = await store.deliveries.list(tenantId, id, { limit, cursor });
      return { status: 200, json: serializePage(page, serializeDelivery) };
    },
  });
}

function redeliver(spec: ResourceSpec<WebhookRecord>, { store, clock, deliveriesDue }: WebhookServices): Route {
  return keyedRoute({
    method: "post",
    path: `${spec.path}/{id}/deliveries/{delivery_id}/redeliver`,
    scope: "config:write",
    input: nothing,
    doc: {
      ...docOf(spec, "redeliver", { status: 200, schema: "Delivery" }),
      summary: "Send an event again, now",
      description: "With the same webhook-id. One that is pending is tried at once instead of later.",
      refusals: ["not_found"],
    },
    run: async ({ tenantId, id, part }) => {
      await existing(spec, tenantId, id);
      const before = await store.deliveries.get(tenantId, id, part("delivery_id"));
      if (before === undefined) throw nothingThere("delivery");
      const attempts = before.status === "pending" ? before.attempts : 0;
      await store.deliveries.update({ ...before, status: "pending", attempts, nextAttemptAt: clock.wallMs() });
      deliveriesDue();
      const after = await store.deliveries.get(tenantId, id, before.id);
      return { status: 200, json: serializeDelivery(after ?? before) };
    },
  });
}
