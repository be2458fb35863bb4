/** What decides about calls: tenants, keys, numbers, routes, users. */
import type { Db } from "../db.ts";
import type { ApiKeyRecord, NumberRecord, RouteRecord, SipUserRecord } from "../records.ts";
import type { Settings, TenantDeclaration } from "../store.ts";
import { defineTable } from "../table.ts";
import { type ConfiguredTable, makeConfiguredTable } from "./configured.ts";
import { makeTenantsTable, type TenantsTable } from "./tenants.ts";

type Dated<Row> = Omit<Row, "createdAt"> & { readonly createdAt: number };
type ApiKeyRow = Omit<Dated<ApiKeyRecord>, "scopes" | "lastUsedAt"> & {
  readonly scopes: string;
  readonly lastUsedAt: number | null;
};
type NumberRow = Omit<Dated<NumberRecord>, "inboundAction"> & { readonly inboundAction: string };
type SipUserRow = Omit<Dated<SipUserRecord>, "outbound"> & { readonly outbound: number };
type RouteLists = Pick<Required<RouteRecord>, "gateways" | "auth" | "allowedSourceCidrs" | "codecs" | "options">;
type RouteRow = Omit<Dated<RouteRecord>, keyof RouteLists> & Readonly<Record<keyof RouteLists, string>>;

const API_KEYS = defineTable<ApiKeyRow>("api_keys", {
  id: "id",
  tenantId: "tenant_id",
  name: "name",
  hash: "hash",
  scopes: "scopes",
  createdAt: "created_at",
  expiresAt: "expires_at",
  lastUsedAt: "last_used_at",
});
const NUMBERS = defineTable<NumberRow>("numbers", {
  id: "id",
  tenantId: "tenant_id",
  number: "number",
  routeId: "route_id",
  inboundAction: "inbound_action",
  createdAt: "created_at",
});
const ROUTES = defineTable<RouteRow>("routes", {
  id: "id",
  tenantId: "tenant_id",
  direction: "direction",
  gateways: "gateways",
  auth: "auth",
  allowedSourceCidrs: "allowed_source_cidrs",
  codecs: "codecs",
  options: "options",
  createdAt: "created_at",
});
const SIP_USERS = defineTable<SipUserRow>("sip_users", {
  id: "id",
  tenantId: "tenant_id",
  username: "username",
  password: "password",
  number: "number",
  outbound: "outbound",
  createdAt: "created_at",
});

export interface SettingsTables {
  readonly tenants: TenantsTable;
  readonly apiKeys: ConfiguredTable<ApiKeyRecord>;
  readonly numbers: ConfiguredTable<NumberRecord>;
  readonly routes: ConfiguredTable<RouteRecord>;
  readonly sipUsers: ConfiguredTable<SipUserRecord>;
  /** All but the webhooks. */
  declare(declaration: TenantDeclaration): void;
  load(): Settings;
  apiKeyByHash(hash: string): ApiKeyRecord | undefined;
  touchApiKey(id: string, wallMs: number): void;
}

export function makeSettingsTables(db: Db, now: () => number): SettingsTables {
  const tenants = makeTenantsTable(db, now);
  const rows = configuredTables(db, now);
  const keyByHash = db.prepare<[string], ApiKeyRow>(`${API_KEYS.select} WHERE hash = ?`);
  const lastUsed = db.prepare<[string], { at: number | null }>("SELECT last_used_at AS at FROM api_keys WHERE id = ?");
  const touch = db.prepare<[number, string]>("UPDATE api_keys SET last_used_at = ? WHERE id = ?");
  return {
    tenants,
    ...rows,
    declare(declaration) {
      tenants.save(declaration.tenant);
      for (const key of declaration.apiKeys) {
        rows.apiKeys.impose({ ...key, lastUsedAt: lastUsed.get(key.id)?.at ?? null });
      }
      for (const route of declaration.routes) rows.routes.impose(route);
      for (const number of declaration.numbers) rows.numbers.impose(number);
      for (const user of declaration.sipUsers) rows.sipUsers.impose(user);
    },
    load: () => ({
      tenants: tenants.all(),
      numbers: rows.numbers.all(),
      routes: rows.routes.all(),
      sipUsers: rows.sipUsers.all(),
    }),
    apiKeyByHash(hash) {
      const row = keyByHash.get(hash);
      return row && apiKeyRecord(row);
    },
    touchApiKey: (id, wallMs) => void touch.run(wallMs, id),
  };
}

function configuredTables(db: Db, now: () => number) {
  return {
    apiKeys: makeConfiguredTable<ApiKeyRecord, ApiKeyRow>(db, now, {
      table: API_KEYS,
      sameAs: "hash = @hash",
      toStored: (key, createdAt) => ({
        ...key,
        scopes: JSON.stringify(key.scopes),
        createdAt,
        lastUsedAt: key.lastUsedAt ?? null,
      }),
      fromStored: apiKeyRecord,
    }),
    numbers: makeConfiguredTable<NumberRecord, NumberRow>(db, now, {
      table: NUMBERS,
      sameAs: "number = @number",
      toStored: (number, createdAt) => ({ ...number, inboundAction: JSON.stringify(number.inboundAction), createdAt }),
      fromStored: (row) => ({ ...row, inboundAction: JSON.parse(row.inboundAction) }),
    }),
    routes: makeConfiguredTable<RouteRecord, RouteRow>(db, now, {
      table: ROUTES,
      toStored: routeRow,
      fromStored: routeRecord,
    }),
    sipUsers: makeConfiguredTable<SipUserRecord, SipUserRow>(db, now, {
      table: SIP_USERS,
      sameAs: "username = @username",
      toStored: (user, createdAt) => ({ ...user, outbound: user.outbound ? 1 : 0, createdAt }),
      fromStored: (row) => ({ ...row, outbound: row.outbound === 1 }),
    }),
  };
}

function apiKeyRecord(row: ApiKeyRow): ApiKeyRecord {
  return { ...row, scopes: JSON.parse(row.scopes) };
}

function routeRow(route: RouteRecord, createdAt: number): RouteRow {
  return {
    ...route,
    gateways: JSON.stringify(route.gateways),
    auth: JSON.stringify(route.auth),
    allowedSourceCidrs: JSON.stringify(route.allowedSourceCidrs),
    codecs: JSON.stringify(route.codecs),
    options: JSON.stringify(route.options ?? {}),
    createdAt,
  };
}

function routeRecord(row: RouteRow): RouteRecord {
  return {
    ...row,
    gateways: JSON.parse(row.gateways),
    auth: JSON.parse(row.auth),
    allowedSourceCidrs: JSON.parse(row.allowedSourceCidrs),
    codecs: JSON.parse(row.codecs),
    options: JSON.parse(row.options),
  };
}
