/**
 * Who and what exists, indexed for the questions calls ask: rebuilt as a whole when settings change, so no SIP
 * message waits for the database.
 */
import type { NumberRecord, RouteRecord, Settings, SipUserRecord, TenantRecord } from "@voepy/store";

export interface Directory {
  tenant(id: string): TenantRecord | undefined;
  /** An E.164 of any tenant; accepts it with or without `+`. */
  number(dialled: string): NumberRecord | undefined;
  numbersOf(tenantId: string): readonly NumberRecord[];
  /** A route of the tenant or one that all share. */
  route(tenantId: string, id: string): RouteRecord | undefined;
  routesOf(tenantId: string): readonly RouteRecord[];
  allRoutes(): readonly RouteRecord[];
  /** The route whose peers prove who they are with these credentials; any username: whether there is such a route. */
  digestRoute(username?: string): RouteRecord | undefined;
  user(username: string): SipUserRecord | undefined;
  userByNumber(tenantId: string, number: string): SipUserRecord | undefined;
}

/** `tenantId` of routes that every tenant may use. */
export const SHARED = "*";

/** Digits only with a `+`: what people write around a number does not matter (RFC 3966 §5.1.1). */
export function normaliseNumber(text: string): string {
  const digits = text.replace(/[-.() ]/g, "");
  return digits.startsWith("+") ? digits : `+${digits}`;
}

/** Callers of this route are asked for its credentials, unless their network is one of the route's. */
export function takesDigest(route: RouteRecord): boolean {
  return route.auth.mode === "digest" && route.direction !== "out" && route.auth.username !== undefined;
}

export function makeDirectory(settings: Settings): Directory {
  const tenants = new Map(settings.tenants.map((tenant) => [tenant.id, tenant]));
  const numbers = new Map(settings.numbers.map((number) => [normaliseNumber(number.number), number]));
  const users = new Map(settings.sipUsers.map((user) => [user.username, user]));
  const routesOf = (tenantId: string): RouteRecord[] =>
    settings.routes.filter((route) => route.tenantId === tenantId || route.tenantId === SHARED);
  const digestRoutes = settings.routes.filter(takesDigest);
  return {
    tenant: (id) => tenants.get(id),
    number: (dialled) => numbers.get(normaliseNumber(dialled)),
    numbersOf: (tenantId) => settings.numbers.filter((number) => number.tenantId === tenantId),
    route: (tenantId, id) => routesOf(tenantId).find((route) => route.id === id),
    routesOf,
    allRoutes: () => settings.routes,
    digestRoute: (username) => digestRoutes.find(({ auth }) => username === undefined || auth.username === username),
    user: (username) => users.get(username),
    userByNumber: (tenantId, number) =>
      settings.sipUsers.find((user) => user.tenantId === tenantId && user.number === number),
  };
}
