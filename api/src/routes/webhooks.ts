/** Webhook endpoints: where events are sent, and how that went. */
import { type Clock, CodedError, type MakeId, type Random } from "@voepy/base";
import type { Store, WebhookRecord } from "@voepy/store";
import { z } from "zod";
import { keyedRoute, nothing, type Route, type RouteDoc } from "../route.ts";
import { pageFields, serializeAll, serializePage } from "../serialize/page.ts";
import { serializeDelivery, serializeWebhook } from "../serialize/webhook.ts";

/** http and https; whether the address may be reached is decided at each delivery, when it has been resolved. */
const endpointUrl = z.url({ protocol: /^https?$/, error: "must be an http or https URL" }).max(2048);

/** `*`, `call.*` or `call.ended`. */
const eventPattern = z.string().regex(/^(\*|[a-z_]{1,32}\.(\*|[a-z_]{1,32}))$/, "must be *, call.* or an event's name");

/** Standard Webhooks: `whsec_` and base64 of 24 to 64 bytes. */
const secret = z
  .string()
  .regex(/^whsec_[A-Za-z0-9+/]+={0,2}$/, "must be whsec_ and base64")
  .refine((text) => {
    const sizeBytes = Buffer.from(text.slice("whsec_".length), "base64").length;
    return sizeBytes >= 24 && sizeBytes <= 64;
  }, "must hold 24 to 64 bytes");

const createBody = z
  .strictObject({
    url: endpointUrl,
    failover_url: endpointUrl.optional(),
    events: z
      .array(eventPattern)
      .min(1)
      .max(100)
      .default(["*"])
      .meta({ examples: [["call.*"]] }),
    secret: secret.optional().meta({ description: "Made by us when absent, and shown in this answer only" }),
  })
  .meta({ id: "WebhookCreate" });

/** 32 bytes make a secret of ours. */
const SECRET_BYTES = 32;

export interface WebhookServices {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly makeId: MakeId;
}

export function webhookRoutes(services: WebhookServices): Route[] {
  return [list(services), create(services), get(services), remove(services), deliveries(services)];
}

function makeSecret(random: Random): string {
  return `whsec_${Buffer.from(random.fill(new Uint8Array(SECRET_BYTES))).toString("base64")}`;
}

function list({ store }: WebhookServices): Route {
  return keyedRoute({
    method: "get",
    path: "/v1/webhooks",
    scope: "config:read",
    input: nothing,
    doc: doc("listWebhooks", "List webhook endpoints", { status: 200, schema: "WebhookList" }),
    run: async ({ tenantId }) => ({
      status: 200,
      json: serializeAll(await store.settings.webhooks(tenantId), serializeWebhook),
    }),
  });
}

function create({ store, clock, random, makeId }: WebhookServices): Route {
  return keyedRoute({
    method: "post",
    path: "/v1/webhooks",
    scope: "config:write",
    input: createBody,
    doc: {
      ...doc("createWebhook", "Add a webhook endpoint", { status: 201, schema: "WebhookCreated" }),
      examples: { endpoint: { url: "https://example.com/voepy", events: ["call.*", "recording.completed"] } },
    },
    run: async ({ tenantId, input }) => {
      const webhook = {
        id: makeId("whk"),
        tenantId,
        url: input.url,
        failoverUrl: input.failover_url ?? null,
        events: input.events,
        secret: input.secret ?? makeSecret(random),
        createdAt: clock.wallMs(),
      };
      await store.settings.saveWebhook(webhook);
      const shown = input.secret === undefined ? { secret: webhook.secret } : {};
      return { status: 201, json: { ...serializeWebhook(webhook), ...shown } };
    },
  });
}

function get({ store }: WebhookServices): Route {
  return keyedRoute({
    method: "get",
    path: "/v1/webhooks/{id}",
    scope: "config:read",
    input: nothing,
    doc: docOfOne("getWebhook", "Get a webhook endpoint", { status: 200, schema: "Webhook" }),
    run: async ({ tenantId, id }) => ({
      status: 200,
      json: serializeWebhook(await existingWebhook(store, tenantId, id)),
    }),
  });
}

function remove({ store }: WebhookServices): Route {
  return keyedRoute({
    method: "delete",
    path: "/v1/webhooks/{id}",
    scope: "config:write",
    input: nothing,
    doc: docOfOne("deleteWebhook", "Remove a webhook endpoint and its pending deliveries", { status: 204 }),
    run: async ({ tenantId, id }) => {
      if (!(await store.settings.deleteWebhook(tenantId, id))) throw noWebhook();
      return { status: 204 };
    },
  });
}

function deliveries({ store }: WebhookServices): Route {
  return keyedRoute({
    method: "get",
    path: "/v1/webhooks/{id}/deliveries",
    scope: "config:read",
    input: z.strictObject(pageFields),
    doc: docOfOne("listDeliveries", "Deliveries of an endpoint, newest first", {
      status: 200,
      schema: "DeliveryList",
    }),
    run: async ({ tenantId, id, input: { limit, cursor } }) => {
      await existingWebhook(store, tenantId, id);
      const page = await store.deliveries.list(tenantId, id, { limit, cursor });
      return { status: 200, json: serializePage(page, serializeDelivery) };
    },
  });
}

function doc(operationId: string, summary: string, success: RouteDoc["success"]): RouteDoc {
  return { operationId, summary, tag: "Webhooks", success, refusals: [] };
}

function docOfOne(operationId: string, summary: string, success: RouteDoc["success"]): RouteDoc {
  return { ...doc(operationId, summary, success), refusals: ["not_found"] };
}

async function existingWebhook(store: Store, tenantId: string, id: string): Promise<WebhookRecord> {
  const webhook = await store.settings.webhook(id);
  if (webhook === undefined || webhook.tenantId !== tenantId) throw noWebhook();
  return webhook;
}

function noWebhook(): CodedError {
  return new CodedError("not_found", "there is no such webhook");
}
