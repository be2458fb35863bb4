/** What the configuration says of tenants, as rows; and what the very first start makes when it says nothing. */
import { createHash, randomBytes } from "node:crypto";
import { routeOf } from "@voepy/api";
import type { MakeId } from "@voepy/base";
import type { TenantDeclaration } from "@voepy/store";
import type { Config, TenantConfig } from "./config-schema.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** Ids are made from names, so that declaring the same again changes the same rows. */
const named = (type: string, ...parts: readonly string[]): string =>
  `voepy_${type}_${sha256(parts.join("\n")).slice(0, 26).toUpperCase()}`;

export function declarationOf(tenant: TenantConfig, now: number): TenantDeclaration {
  const tenantId = tenant.id;
  return {
    tenant: {
      id: tenantId,
      allowCallerIdForwarding: tenant.quota.allow_caller_id_forwarding,
      maxConcurrentCalls: tenant.quota.max_concurrent_calls,
      maxCps: tenant.quota.max_cps,
      defaultRoute: tenant.default_route ?? null,
    },
    apiKeys: tenant.api_keys.map((key) => ({
      id: named("key", tenantId, key.name),
      tenantId,
      name: key.name,
      hash: sha256(key.key),
      scopes: key.scopes,
      createdAt: now,
      expiresAt: null,
    })),
    numbers: tenant.numbers.map((number) => ({
      id: named("num", number.number),
      tenantId,
      number: number.number,
      routeId: number.route_id ?? null,
      inboundAction: number.inbound_action,
    })),
    routes: tenant.routes.map((route) => routeOf(route.id, tenantId, route)),
    sipUsers: tenant.sip_users.map((user) => ({
      id: named("usr", user.username),
      tenantId,
      username: user.username,
      password: user.password,
      number: user.number ?? null,
      outbound: user.outbound,
    })),
    webhooks: tenant.webhooks.map((webhook) => ({
      id: named("whk", tenantId, webhook.url),
      tenantId,
      url: webhook.url,
      failoverUrl: webhook.failover_url ?? null,
      events: webhook.events,
      secret: webhook.secret,
      createdAt: now,
    })),
  };
}

/** Numbers of an installation that declares none. */
const FIRST_NUMBERS = ["+15125550100", "+15125550101"] as const;

/** One of the numbers that calls may come from. */
export function exampleNumber(config: Config): string {
  return config.tenants.find(({ numbers }) => numbers.length > 0)?.numbers[0]?.number ?? FIRST_NUMBERS[0];
}

/** Secrets of the first start: shown once, the key stored only as a hash. */
export interface FirstStart {
  readonly declaration: TenantDeclaration;
  readonly apiKey: string;
  readonly phones: readonly { readonly username: string; readonly password: string; readonly number: string }[];
}

export function firstStart(now: number, makeId: MakeId): FirstStart {
  const secret = (bytes: number): string => randomBytes(bytes).toString("base64url");
  const apiKey = `voepy_key_${secret(24)}`;
  const phones = [
    { username: "alice", password: secret(9), number: "+15125550199" },
    { username: "bob", password: secret(9), number: "+15125550198" },
  ];
  const numbers = FIRST_NUMBERS;
  const declaration: TenantDeclaration = {
    tenant: { id: "default", allowCallerIdForwarding: false, maxConcurrentCalls: 500, maxCps: 20, defaultRoute: null },
    apiKeys: [
      {
        id: makeId("key"),
        tenantId: "default",
        name: "first",
        hash: sha256(apiKey),
        scopes: ["*"],
        createdAt: now,
        expiresAt: null,
      },
    ],
    numbers: numbers.map((number, index) => ({
      id: makeId("num"),
      tenantId: "default",
      number,
      routeId: null,
      inboundAction: index === 0 ? { type: "webhook" } : { type: "echo" },
    })),
    routes: [],
    sipUsers: phones.map((phone) => ({ id: makeId("usr"), tenantId: "default", ...phone, outbound: true })),
    webhooks: [],
  };
  return { declaration, apiKey, phones };
}
