/**
 * `Authorization: Bearer <key>` (RFC 6750 §2.1). Keys are stored as SHA-256; looking the hash up leaks nothing through
 * time, for who can choose a hash close to a stored one knows no key to it.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { type Clock, CodedError, type Log, messageOf } from "@voepy/base";
import type { ApiKeyRecord, Store } from "@voepy/store";
import type { Context } from "hono";
import type { ApiEnv, RequestKey, Scope } from "../route.ts";

/** b64token of RFC 6750 §2.1; longer ones are not ours. */
const BEARER = /^Bearer +([\w.~+/-]{1,256}=*) *$/i;

export interface Bearer {
  /** The key of the request. Throws `unauthorized`; sets WWW-Authenticate where it or `demand` refuses. */
  authenticate(c: Context<ApiEnv>): Promise<RequestKey>;
  /** Throws `forbidden`, naming the scope. */
  demand(c: Context<ApiEnv>, key: RequestKey, scope: Scope): void;
}

export interface BearerOptions {
  readonly store: Pick<Store, "settings">;
  readonly clock: Clock;
  readonly log: Log;
  /** The operator's, from the configuration; absent: nobody is admin. */
  readonly adminKey?: string | undefined;
}

/** `lastUsedAt` of a key is written at most this often, ms. */
const TOUCH_EVERY_MS = 60_000;

export function bearer({ store, clock, log, adminKey }: BearerOptions): Bearer {
  const adminHash = adminKey === undefined ? undefined : sha256(adminKey);
  const isAlive = ({ expiresAt }: ApiKeyRecord): boolean => expiresAt === null || clock.wallMs() < expiresAt;
  const find = async (hash: string): Promise<ApiKeyRecord | undefined> => {
    const key = await store.settings.apiKeyByHash(hash);
    return key !== undefined && isAlive(key) ? key : undefined;
  };
  const touch = ({ id, lastUsedAt }: ApiKeyRecord): void => {
    const nowMs = clock.wallMs();
    if (nowMs - (lastUsedAt ?? 0) < TOUCH_EVERY_MS) return;
    // Nobody waits for it: a request must not fail because this could not be written.
    store.settings.touchApiKey(id, nowMs).catch((thrown: unknown) => {
      log.warn("last use of an API key was not written", { keyId: id, why: messageOf(thrown) });
    });
  };
  return {
    async authenticate(c) {
      const header = c.req.header("authorization");
      const token = header === undefined ? undefined : BEARER.exec(header)?.[1];
      const hash = token === undefined ? undefined : sha256(token);
      if (hash !== undefined && adminHash !== undefined && timingSafeEqual(Buffer.from(hash), Buffer.from(adminHash)))
        return ADMIN;
      const key = hash === undefined ? undefined : await find(hash);
      if (hash !== undefined && key !== undefined) {
        touch(key);
        return { ...key, scopes: tenantScopes(key), isValid: async () => (await find(hash)) !== undefined };
      }
      // RFC 6750 §3.1: no error code when the request holds no credentials at all.
      c.header("www-authenticate", header === undefined ? 'Bearer realm="voepy"' : challenge("invalid_token"));
      throw new CodedError(
        "unauthorized",
        header === undefined
          ? "an API key is missing: send Authorization: Bearer <key>"
          : "the API key is unknown or has expired",
      );
    },
    demand(c, key, scope) {
      if (hasScope(key.scopes, scope)) return;
      c.header("www-authenticate", `${challenge("insufficient_scope")}, scope="${scope}"`);
      throw new CodedError("forbidden", `this API key lacks the scope ${scope}`, { details: { scope } });
    },
  };
}

/** Of no tenant: it makes tenants and sets what they may, and touches nothing of theirs. */
const ADMIN: RequestKey = { id: "admin", tenantId: "", scopes: ["admin"], isValid: async () => true };

/** Whatever a row says, no tenant's key is the admin key. */
function tenantScopes({ scopes }: ApiKeyRecord): readonly string[] {
  return scopes.filter((scope) => scope !== "admin");
}

/** `*` is all but admin. */
export function hasScope(scopes: readonly string[], wanted: Scope): boolean {
  return scopes.includes(wanted) || (wanted !== "admin" && scopes.includes("*"));
}

function challenge(error: string): string {
  return `Bearer realm="voepy", error="${error}"`;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
