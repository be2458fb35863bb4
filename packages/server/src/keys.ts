/** `voepy keys create`: a new API key, straight into the store; a running server takes it at once. */
import { createHash, randomBytes } from "node:crypto";
import { join, resolve } from "node:path";
import { keyScopes } from "@voepy/api";
import { CodedError, idMaker, silentLog, systemClock, systemRandom } from "@voepy/base";
import { openStore, type Store, type TenantDeclaration } from "@voepy/store";
import type { Config } from "./config-schema.ts";
import { declarationOf } from "./declare.ts";

export interface KeyRequest {
  readonly name: string;
  readonly tenantId: string;
  /** `*` is all but admin. */
  readonly scopes: readonly string[];
}

/** Resolves with the key, which is stored nowhere. Throws CodedError for an unknown tenant or scope. */
export async function createKey(config: Config, request: KeyRequest): Promise<{ id: string; key: string }> {
  const scopes = keyScopes.safeParse(request.scopes);
  if (!scopes.success) {
    const known = keyScopes.element.options.join(", ");
    throw new CodedError("invalid_request", `scopes ${request.scopes.join(", ")}: there are ${known}`);
  }
  const makeId = idMaker(systemClock, systemRandom);
  const path = join(resolve(config.data_dir), "voepy.db");
  const store = await openStore({ path, clock: systemClock, makeId, log: silentLog });
  try {
    const declaration = await tenantOf(store, config, request.tenantId);
    const id = makeId("key");
    const key = `voepy_key_${randomBytes(24).toString("base64url")}`;
    const row = {
      id,
      tenantId: request.tenantId,
      name: request.name,
      hash: createHash("sha256").update(key).digest("hex"),
      scopes: scopes.data,
      createdAt: systemClock.wallMs(),
      expiresAt: null,
    };
    await store.settings.declare([{ ...declaration, apiKeys: [...declaration.apiKeys, row] }]);
    return { id, key };
  } finally {
    await store.close();
  }
}

/** The tenant as it is stored; one that only the configuration has is stored with the key. */
async function tenantOf(store: Store, config: Config, tenantId: string): Promise<TenantDeclaration> {
  const { tenants } = await store.settings.load();
  const stored = tenants.find(({ id }) => id === tenantId);
  if (stored !== undefined) return { tenant: stored, apiKeys: [], numbers: [], routes: [], sipUsers: [], webhooks: [] };
  const declared = config.tenants.find(({ id }) => id === tenantId);
  if (declared !== undefined) return declarationOf(declared, systemClock.wallMs());
  const there =
    tenants.length === 0
      ? "there is none yet: start voepy once"
      : `there are ${tenants.map(({ id }) => id).join(", ")}`;
  throw new CodedError("not_found", `there is no tenant ${tenantId}; ${there}`);
}
