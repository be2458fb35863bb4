/** Tenants and what they may: the admin key's business, except that a tenant may read its own quota. */
import { type Clock, CodedError, type MakeId, type Random } from "@voepy/base";
import type { Store, TenantRecord } from "@voepy/store";
import { z } from "zod";
import type { MediaFiles } from "../io/media-files.ts";
import { invalidFields } from "../problems.ts";
import { keyedRoute, nothing, type Route, type RouteDoc } from "../route.ts";
import { quotaFields } from "../schema/settings.ts";
import { pageFields, serializePage } from "../serialize/page.ts";
import { serializeApiKey, serializeQuota, serializeTenant } from "../serialize/settings.ts";
import { newApiKey } from "./api-keys.ts";
import { nothingThere } from "./resource.ts";

const quotaBody = z.strictObject(quotaFields).meta({ id: "QuotaUpdate" });

const createBody = z
  .strictObject({
    id: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, "must be 1-64 letters, digits, _ or -"),
    quota: z.strictObject(quotaFields).prefault({}),
  })
  .meta({ id: "TenantCreate" });

export interface TenantServices {
  readonly store: Store;
  readonly clock: Clock;
  readonly makeId: MakeId;
  readonly random: Random;
  readonly mediaFiles: Pick<MediaFiles, "remove">;
}

export function tenantRoutes(services: TenantServices): Route[] {
  return [list(services), create(services), get(services), remove(services), setQuota(services), ownQuota(services)];
}

function list({ store }: TenantServices): Route {
  return keyedRoute({
    method: "get",
    path: "/v1/tenants",
    scope: "admin",
    input: z.strictObject(pageFields),
    doc: doc("listTenants", "List tenants, newest first", { status: 200, schema: "TenantList" }),
    run: async ({ input: { limit, cursor } }) => ({
      status: 200,
      json: serializePage(await store.settings.tenants.list({ limit, cursor }), serializeTenant),
    }),
  });
}

function create(services: TenantServices): Route {
  const { tenants, apiKeys } = services.store.settings;
  return keyedRoute({
    method: "post",
    path: "/v1/tenants",
    scope: "admin",
    input: createBody,
    doc: {
      ...doc("createTenant", "Make a tenant and its first API key", { status: 201, schema: "TenantCreated" }),
      description: "The key is in this answer only.",
      examples: { tenant: { id: "acme", quota: { max_concurrent_calls: 100 } } },
    },
    run: async ({ input: { id, quota } }) => {
      if ((await tenants.get(id)) !== undefined) throw invalidFields([{ param: "id", message: "is already in use" }]);
      await tenants.save({ id, defaultRoute: null, ...quotaOf(quota) });
      const { key, row } = newApiKey(services, { tenantId: id, name: "first", scopes: ["*"], expiresAt: null });
      await apiKeys.save(row);
      const shown = { ...serializeTenant(await existing(services, id)), api_key: serializeApiKey(row) };
      return { status: 201, json: { ...shown, api_key: { ...shown.api_key, key } }, replayed: shown };
    },
  });
}

function get(services: TenantServices): Route {
  return keyedRoute({
    method: "get",
    path: "/v1/tenants/{id}",
    scope: "admin",
    input: nothing,
    doc: docOfOne("getTenant", "Get a tenant", { status: 200, schema: "Tenant" }),
    run: async ({ id }) => ({ status: 200, json: serializeTenant(await existing(services, id)) }),
  });
}

function remove({ store, mediaFiles }: TenantServices): Route {
  return keyedRoute({
    method: "delete",
    path: "/v1/tenants/{id}",
    scope: "admin",
    input: nothing,
    doc: {
      ...docOfOne("deleteTenant", "Delete a tenant and all it has configured", { status: 204 }),
      description: "Its keys stop working at once. Calls and recordings stay until they expire.",
    },
    run: async ({ id }) => {
      // While the rows still say which files are the tenant's.
      for (let cursor: string | undefined, isMore = true; isMore; ) {
        const { rows, nextCursor } = await store.media.list(id, { limit: 200, cursor });
        for (const { path } of rows) await mediaFiles.remove(path);
        cursor = nextCursor ?? undefined;
        isMore = nextCursor !== null;
      }
      if (!(await store.settings.tenants.delete(id))) throw nothingThere("tenant");
      return { status: 204 };
    },
  });
}

function setQuota(services: TenantServices): Route {
  return keyedRoute({
    method: "put",
    path: "/v1/tenants/{id}/quota",
    scope: "admin",
    input: quotaBody,
    doc: {
      ...docOfOne("setQuota", "Say what a tenant may", { status: 200, schema: "Quota" }),
      description: "The whole quota: what is absent gets its default.",
    },
    run: async ({ id, input }) => {
      const tenant = { ...(await existing(services, id)), ...quotaOf(input) };
      await services.store.settings.tenants.save(tenant);
      return { status: 200, json: serializeQuota(tenant) };
    },
  });
}

function ownQuota(services: TenantServices): Route {
  return keyedRoute({
    method: "get",
    path: "/v1/quota",
    scope: "config:read",
    input: nothing,
    doc: { ...doc("getQuota", "What you may", { status: 200, schema: "Quota" }), tag: "Quota" },
    run: async ({ tenantId }) => ({ status: 200, json: serializeQuota(await existing(services, tenantId)) }),
  });
}

function quotaOf(
  quota: z.output<typeof quotaBody>,
): Pick<TenantRecord, "allowCallerIdForwarding" | "maxConcurrentCalls" | "maxCps"> {
  return {
    allowCallerIdForwarding: quota.allow_caller_id_forwarding,
    maxConcurrentCalls: quota.max_concurrent_calls,
    maxCps: quota.max_cps,
  };
}

async function existing({ store }: TenantServices, id: string): Promise<TenantRecord> {
  const tenant = await store.settings.tenants.get(id);
  if (tenant === undefined) throw new CodedError("not_found", "there is no such tenant");
  return tenant;
}

function doc(operationId: string, summary: string, success: RouteDoc["success"]): RouteDoc {
  return { operationId, summary, tag: "Tenants", success, refusals: [] };
}

function docOfOne(operationId: string, summary: string, success: RouteDoc["success"]): RouteDoc {
  return { ...doc(operationId, summary, success), refusals: ["not_found"] };
}
