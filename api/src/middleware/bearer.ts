/**
 * `Authorization: Bearer <key>` (RFC 6750 §2.1). Keys are stored as SHA-256; looking the hash up leaks nothing through
 * time, for who can choose a hash close to a stored one knows no key to it.
 */
import { createHash } from "node:crypto";
import { type Clock, CodedError } from "@voepy/base";
import type { ApiKeyRecord, Store } from "@voepy/store";
import type { Context } from "hono";
import type { ApiEnv, Scope } from "../route.ts";

/** b64token of RFC 6750 §2.1; longer ones are not ours. */
const BEARER = /^Bearer +([\w.~+/-]{1,256}=*) *$/i;

export interface Bearer {
  /** The key of the request. Throws `unauthorized`; sets WWW-Authenticate where it or `demand` refuses. */
  authenticate(c: Context<ApiEnv>): Promise<ApiKeyRecord>;
  /** Throws `forbidden`, naming the scope. */
  demand(c: Context<ApiEnv>, key: ApiKeyRecord, scope: Scope): void;
}

export function bearer(store: Pick<Store, "settings">, clock: Clock): Bearer {
  return {
    async authenticate(c) {
      const header = c.req.header("authorization");
      const token = header === undefined ? undefined : BEARER.exec(header)?.[1];
      const key = token === undefined ? undefined : await store.settings.apiKeyByHash(sha256(token));
      if (key !== undefined && (key.expiresAt === null || clock.wallMs() < key.expiresAt)) return key;
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
