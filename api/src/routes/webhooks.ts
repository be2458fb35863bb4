/** Webhook endpoints: where events are sent. */
import type { Clock, MakeId, Random } from "@voepy/base";
import type { Store, WebhookRecord } from "@voepy/store";
import { z } from "zod";
import { keyedRoute, type Route } from "../route.ts";
import { serializeWebhook } from "../serialize/webhook.ts";
import { deleteRoute, docOf, existing, getRoute, listRoute, patchOf, type ResourceSpec } from "./resource.ts";
import { webhookActions } from "./webhook-actions.ts";

/** http and https; whether the address may be reached is decided at each delivery, when it has been resolved. */
const endpointUrl = z.url({ protocol: /^https?$/, error: "must be an http or https URL" }).max(2048);

/** `*`, `call.*` or `call.ended`. */
export const eventPattern = z
  .string()
  .regex(/^(\*|[a-z_]{1,32}\.(\*|[a-z_]{1,32}))$/, "must be *, call.* or an event's name");

/** Standard Webhooks: `whsec_` and base64 of 24 to 64 bytes. */
export const webhookSecret = z
  .string()
  .regex(/^whsec_[A-Za-z0-9+/]+={0,2}$/, "must be whsec_ and base64")
  .refine((text) => {
    const sizeBytes = Buffer.from(text.slice("whsec_".length), "base64").length;
    return sizeBytes >= 24 && sizeBytes <= 64;
  }, "must hold 24 to 64 bytes");

const fields = {
  url: endpointUrl,
  events: z
    .array(eventPattern)
    .min(1)
    .max(100)
    .default(["*"])
    .meta({ examples: [["call.*"]] }),
};

const createBody = z
  .strictObject({
    ...fields,
    failover_url: endpointUrl.optional(),
    secret: webhookSecret.optional().meta({ description: "Made by us when absent, and shown in this answer only" }),
  })
  .meta({ id: "WebhookCreate" });

const patchBody = patchOf({ ...fields, failover_url: endpointUrl.nullable() }).meta({ id: "WebhookPatch" });

/** 32 bytes make a secret of ours. */
const SECRET_BYTES = 32;

export interface WebhookServices {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly makeId: MakeId;
  /** Told when a delivery was set to be made now. */
  readonly deliveriesDue: () => void;
}

export function webhookRoutes(services: WebhookServices): Route[] {
  const { settings } = services.store;
  const spec: ResourceSpec<WebhookRecord> = {
    path: "/v1/webhooks",
    tag: "Webhooks",
    noun: "webhook",
    schema: "Webhook",
    listSchema: "WebhookList",
    rows: {
      async get(tenantId, id) {
        const webhook = await settings.webhook(id);
        return webhook?.tenantId === tenantId ? webhook : undefined;
      },
      list: (tenantId, page) => settings.webhookPage(tenantId, page),
      save: (webhook) => settings.saveWebhook(webhook).then(() => true),
      delete: (tenantId, id) => settings.deleteWebhook(tenantId, id),
    },
    serialize: serializeWebhook,
  };
  return [
    listRoute(spec),
    create(spec, services),
    getRoute(spec),
    patch(spec),
    deleteRoute(spec),
    ...webhookActions(spec, services),
  ];
}

export function makeSecret(random: Random): string {
  return `whsec_${Buffer.from(random.fill(new Uint8Array(SECRET_BYTES))).toString("base64")}`;
}

function create(spec: ResourceSpec<WebhookRecord>, { clock, random, makeId }: WebhookServices): Route {
  return keyedRoute({
    method: "post",
    path: spec.path,
    scope: "config:write",
    input: createBody,
    doc: {
      ...docOf(spec, "createWebhook", { status: 201, schema: "WebhookCreated" }),
      summary: "Add a webhook endpoint",
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
      await spec.rows.save(webhook);
      const shown = input.secret === undefined ? { secret: webhook.secret } : {};
      return { status: 201, json: { ...serializeWebhook(webhook), ...shown } };
    },
  });
}

function patch(spec: ResourceSpec<WebhookRecord>): Route {
  return keyedRoute({
    method: "patch",
    path: `${spec.path}/{id}`,
    scope: "config:write",
    input: patchBody,
    doc: {
      ...docOf(spec, "updateWebhook", { status: 200, schema: "Webhook" }),
      summary: "Change a webhook endpoint",
      description: "What is pending goes to the new URL.",
      refusals: ["not_found"],
    },
    run: async ({ tenantId, id, input }) => {
      const before = await existing(spec, tenantId, id);
      const after: WebhookRecord = {
        ...before,
        url: input.url ?? before.url,
        failoverUrl: input.failover_url === undefined ? before.failoverUrl : input.failover_url,
        events: input.events ?? before.events,
      };
      // Only where the operator's own URLs stand may they lead to private addresses.
      const isSame = after.url === before.url && after.failoverUrl === before.failoverUrl;
      await spec.rows.save({ ...after, declared: isSame && before.declared === true });
      return { status: 200, json: serializeWebhook(after) };
    },
  });
}
