/** Keys of a tenant: stored as hashes, shown once. */
import { createHash } from "node:crypto";
import { type Clock, CodedError, type MakeId, type Random } from "@voepy/base";
import type { ApiKeyRecord, Store } from "@voepy/store";
import { z } from "zod";
import { hasScope } from "../middleware/bearer.ts";
import { invalidFields } from "../problems.ts";
import { keyedRoute, type RequestKey, type Route, type Scope } from "../route.ts";
import { keyScopes } from "../schema/settings.ts";
import { serializeApiKey } from "../serialize/settings.ts";
import { deleteRoute, docOf, getRoute, listRoute, type ResourceSpec, saved } from "./resource.ts";

const createBody = z
  .strictObject({
    name: z.string().min(1).max(128),
    scopes: keyScopes.default(["*"]).meta({ description: "`*` is all but admin" }),
    expires_at: z.iso
      .datetime({ offset: true, error: "must be an RFC 3339 time" })
      .transform((text) => Date.parse(text))
      .optional()
      .meta({ type: "string", format: "date-time" }),
  })
  .meta({ id: "ApiKeyCreate" });

const KEY_BYTES = 24;

export interface ApiKeyServices {
  readonly store: Store;
  readonly clock: Clock;
  readonly makeId: MakeId;
  readonly random: Random;
}

export function apiKeyRoutes(services: ApiKeyServices): Route[] {
  const spec: ResourceSpec<ApiKeyRecord> = {
    path: "/v1/api_keys",
    tag: "API keys",
    noun: "API key",
    schema: "ApiKey",
    listSchema: "ApiKeyList",
    rows: services.store.settings.apiKeys,
    serialize: serializeApiKey,
  };
  return [listRoute(spec), create(spec, services), getRoute(spec), deleteRoute(spec)];
}

/** A key, and its row. */
export function newApiKey(
  services: Omit<ApiKeyServices, "store">,
  of: Pick<ApiKeyRecord, "tenantId" | "name" | "scopes" | "expiresAt">,
): { readonly key: string; readonly row: ApiKeyRecord } {
  const secret = Buffer.from(services.random.fill(new Uint8Array(KEY_BYTES))).toString("base64url");
  const key = `voepy_key_${secret}`;
  const row = {
    id: services.makeId("key"),
    hash: createHash("sha256").update(key).digest("hex"),
    createdAt: services.clock.wallMs(),
    ...of,
  };
  return { key, row };
}

function create(spec: ResourceSpec<ApiKeyRecord>, services: ApiKeyServices): Route {
  return keyedRoute({
    method: "post",
    path: spec.path,
    scope: "config:write",
    input: createBody,
    doc: {
      ...docOf(spec, "createApiKey", { status: 201, schema: "ApiKeyCreated" }),
      summary: "Make an API key",
      description: "The key is in this answer only. It can have no scope that the key asking for it lacks.",
      examples: { reader: { name: "dashboard", scopes: ["calls:read", "recordings:read"] } },
    },
    run: async ({ tenantId, key: asking, input }) => {
      checkScopes(asking, input.scopes);
      const expiresAt = input.expires_at ?? null;
      if (expiresAt !== null && expiresAt <= services.clock.wallMs())
        throw invalidFields([{ param: "expires_at", message: "must lie ahead" }]);
      const { key, row } = newApiKey(services, { tenantId, name: input.name, scopes: input.scopes, expiresAt });
      const shown = serializeApiKey(await saved(spec, row, "key"));
      return { status: 201, json: { ...shown, key }, replayed: shown };
    },
  });
}

/** Whoever may configure must not thereby come to calls or recordings. */
function checkScopes(asking: RequestKey, wanted: readonly (Scope | "*")[]): void {
  const lacking = wanted.filter((scope) =>
    scope === "*" ? !asking.scopes.includes("*") : !hasScope(asking.scopes, scope),
  );
  if (lacking.length === 0) return;
  throw new CodedError("forbidden", `this API key cannot give what it lacks: ${lacking.join(", ")}`, {
    details: { scopes: lacking },
  });
}
