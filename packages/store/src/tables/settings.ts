/** What decides about calls: tenants, keys, numbers, routes, users. */
import type { Db } from "../db.ts";
import type { ApiKeyRecord, NumberRecord, RouteRecord, SipUserRecord, TenantRecord } from "../records.ts";
import type { Settings, TenantDeclaration } from "../store.ts";
import { defineTable } from "../table.ts";

type TenantRow = Omit<TenantRecord, "allowCallerIdForwarding"> & { readonly allowCallerIdForwarding: number };
type ApiKeyRow = Omit<ApiKeyRecord, "scopes"> & { readonly scopes: string };
type NumberRow = Omit<NumberRecord, "inboundAction"> & { readonly inboundAction: string };
type SipUserRow = Omit<SipUserRecord, "outbound"> & { readonly outbound: number };
type RouteLists = Pick<RouteRecord, "gateways" | "auth" | "allowedSourceCidrs" | "codecs">;
type RouteRow = Omit<RouteRecord, keyof RouteLists> & Readonly<Record<keyof RouteLists, string>>;

const TENANTS = defineTable<TenantRow>("tenants", {
  id: "id",
  allowCallerIdForwarding: "allow_caller_id_forwarding",
  maxConcurrentCalls: "max_concurrent_calls",
  maxCps: "max_cps",
  defaultRoute: "default_route",
});
const API_KEYS = defineTable<ApiKeyRow>("api_keys", {
  id: "id",
  tenantId: "tenant_id",
  name: "name",
  hash: "hash",
  scopes: "scopes",
  createdAt: "created_at",
  expiresAt: "expires_at",
});
const NUMBERS = defineTable<NumberRow>("numbers", {
  id: "id",
  tenantId: "tenant_id",
  number: "number",
  routeId: "route_id",
  inboundAction: "inbound_action",
});
const ROUTES = defineTable<RouteRow>("routes", {
  id: "id",
  tenantId: "tenant_id",
  direction: "direction",
  gateways: "gateways",
  auth: "auth",
  allowedSourceCidrs: "allowed_source_cidrs",
  codecs: "codecs",
});
const SIP_USERS = defineTable<SipUserRow>("sip_users", {
  id: "id",
  tenantId: "tenant_id",
  username: "username",
  password: "password",
  number: "number",
  outbound: "outbound",
});

export interface SettingsTables {
  /** All but the webhooks. */
  declare(declaration: TenantDeclaration): void;
  load(): Settings;
  apiKeyByHash(hash: string): ApiKeyRecord | undefined;
}

export function makeSettingsTables(db: Db): SettingsTables {
  const saveTenant = db.prepare<TenantRow>(TENANTS.upsert);
  const saveApiKey = replacing<ApiKeyRow>(db, API_KEYS, "hash");
  const saveNumber = replacing<NumberRow>(db, NUMBERS, "number");
  const saveSipUser = replacing<SipUserRow>(db, SIP_USERS, "username");
  const saveRoute = db.prepare<RouteRow>(ROUTES.upsert);
  const tenants = db.prepare<[], TenantRow>(`${TENANTS.select} ORDER BY rowid`);
  const numbers = db.prepare<[], NumberRow>(`${NUMBERS.select} ORDER BY rowid`);
  const routes = db.prepare<[], RouteRow>(`${ROUTES.select} ORDER BY rowid`);
  const sipUsers = db.prepare<[], SipUserRow>(`${SIP_USERS.select} ORDER BY rowid`);
  const keyByHash = db.prepare<[string], ApiKeyRow>(`${API_KEYS.select} WHERE hash = ?`);
  return {
    declare(declaration) {
      const { tenant } = declaration;
      saveTenant.run({ ...tenant, allowCallerIdForwarding: tenant.allowCallerIdForwarding ? 1 : 0 });
      for (const key of declaration.apiKeys) saveApiKey({ ...key, scopes: JSON.stringify(key.scopes) });
      for (const route of declaration.routes) saveRoute.run(routeRow(route));
      for (const number of declaration.numbers) {
        saveNumber({ ...number, inboundAction: JSON.stringify(number.inboundAction) });
      }
      for (const user of declaration.sipUsers) saveSipUser({ ...user, outbound: user.outbound ? 1 : 0 });
    },
    load: () => ({
      tenants: tenants.all().map((row) => ({ ...row, allowCallerIdForwarding: row.allowCallerIdForwarding === 1 })),
      numbers: numbers.all().map((row) => ({ ...row, inboundAction: JSON.parse(row.inboundAction) })),
      routes: routes.all().map(routeRecord),
      sipUsers: sipUsers.all().map((row) => ({ ...row, outbound: row.outbound === 1 })),
    }),
    apiKeyByHash(hash) {
      const row = keyByHash.get(hash);
      return row && { ...row, scopes: JSON.parse(row.scopes) };
    },
  };
}

/** Upsert by id where another field is unique too: whoever had that value under another id makes way. */
function replacing<Row extends { readonly id: string }>(
  db: Db,
  table: { readonly name: string; readonly upsert: string },
  unique: keyof Row & string,
): (row: Row) => void {
  const makeWay = db.prepare<Row>(`DELETE FROM ${table.name} WHERE ${unique} = @${unique} AND id <> @id`);
  const upsert = db.prepare<Row>(table.upsert);
  return (row) => {
    makeWay.run(row);
    upsert.run(row);
  };
}

function routeRow(route: RouteRecord): RouteRow {
  return {
    ...route,
    gateways: JSON.stringify(route.gateways),
    auth: JSON.stringify(route.auth),
    allowedSourceCidrs: JSON.stringify(route.allowedSourceCidrs),
    codecs: JSON.stringify(route.codecs),
  };
}

function routeRecord(row: RouteRow): RouteRecord {
  return {
    ...row,
    gateways: JSON.parse(row.gateways),
    auth: JSON.parse(row.auth),
    allowedSourceCidrs: JSON.parse(row.allowedSourceCidrs),
    codecs: JSON.parse(row.codecs),
  };
}
