/** Where a call goes: a registered user, a route's gateways, a host, or nowhere. */
import type { GatewayRecord, RouteRecord } from "@voepy/store";
import { type Directory, SHARED } from "./directory.ts";
import { optionsOf } from "./route-options.ts";

/** One route's gateways in the order in which they are tried. */
export interface RouteStep {
  readonly route: RouteRecord;
  readonly gateways: readonly GatewayRecord[];
}

export type Destination =
  | { readonly type: "user"; readonly username: string }
  /** At least one; the next is for when all gateways of the one before failed (`failover_route_id`). */
  | { readonly type: "gateways"; readonly steps: readonly RouteStep[] }
  /** There is a route, but it takes no more calls now. */
  | { readonly type: "full"; readonly route: RouteRecord; readonly why: "channels" | "cps" }
  | {
      readonly type: "host";
      readonly host: string;
      readonly port: number | undefined;
      readonly transport: string | undefined;
    }
  /** `status` is what a SIP peer would say of it. */
  | { readonly type: "nowhere"; readonly reason: "no_route" | "not_found"; readonly status: number };

export interface RouteQuestion {
  readonly tenantId: string;
  readonly to: string;
  readonly routeId: string | undefined;
  /** Parsed form of `to` when it is a URI. */
  readonly uri:
    | {
        readonly user: string;
        readonly host: string;
        readonly port: number | undefined;
        readonly transport: string | undefined;
      }
    | undefined;
  readonly domain: string;
}

/** What routing must know of the moment. */
export interface RouteState {
  /** A number 0 … below-1 by chance. */
  pick(below: number): number;
  /** The gateway does not answer, or asked to be left alone for a while (503 with Retry-After). */
  isDown(gateway: GatewayRecord): boolean;
  /** Why the route takes no more calls at the moment; undefined: it does. */
  fullness(route: RouteRecord): "channels" | "cps" | undefined;
}

export function destinationOf(directory: Directory, question: RouteQuestion, state: RouteState): Destination {
  const { tenantId, to, uri } = question;
  const through = (route: RouteRecord): Destination => throughRoutes(directory, tenantId, route, state);
  if (question.routeId !== undefined) {
    const route = directory.route(tenantId, question.routeId);
    return route === undefined ? { type: "nowhere", reason: "no_route", status: 404 } : through(route);
  }
  if (uri !== undefined) {
    if (uri.host !== question.domain) return { type: "host", host: uri.host, port: uri.port, transport: uri.transport };
    const user = directory.user(uri.user);
    if (user !== undefined && user.tenantId === tenantId) return { type: "user", username: user.username };
    return { type: "nowhere", reason: "not_found", status: 404 };
  }
  const user = directory.userByNumber(tenantId, to);
  if (user !== undefined) return { type: "user", username: user.username };
  const route = defaultRoute(directory, tenantId);
  return route === undefined ? { type: "nowhere", reason: "no_route", status: 503 } : through(route);
}

/** The tenant's default, else its only outgoing route, else one that all share (the sandbox). */
export function defaultRoute(directory: Directory, tenantId: string): RouteRecord | undefined {
  const named = directory.tenant(tenantId)?.defaultRoute;
  if (named !== undefined && named !== null) return directory.route(tenantId, named);
  const outgoing = directory.routesOf(tenantId).filter(isUsable);
  return outgoing.find((route) => route.tenantId === tenantId) ?? outgoing.find((route) => route.tenantId === SHARED);
}

/** The route, and what stands in for it, one after the other; a chain that comes back to itself ends there. */
function throughRoutes(directory: Directory, tenantId: string, first: RouteRecord, state: RouteState): Destination {
  const steps: RouteStep[] = [];
  const visited = new Set<string>();
  let full: Destination | undefined;
  for (let route: RouteRecord | undefined = first; route !== undefined && !visited.has(route.id); ) {
    visited.add(route.id);
    const why = state.fullness(route);
    if (why !== undefined) full ??= { type: "full", route, why };
    else if (isUsable(route)) steps.push({ route, gateways: orderGateways(route.gateways, state) });
    const nextId: string | null = optionsOf(route).failoverRouteId;
    route = nextId === null ? undefined : directory.route(tenantId, nextId);
  }
  if (steps.length > 0) return { type: "gateways", steps };
  return full ?? { type: "nowhere", reason: "no_route", status: 503 };
}

function isUsable(route: RouteRecord): boolean {
  return route.direction !== "in" && route.gateways.length > 0;
}

/**
 * Lowest priority number first; within one priority by weight at random (RFC 2782's rule). Whoever is down comes last,
 * never not at all: our view of it may be wrong, or old.
 */
export function orderGateways(
  gateways: readonly GatewayRecord[],
  { pick, isDown }: Pick<RouteState, "pick" | "isDown">,
): GatewayRecord[] {
  const up = gateways.filter((gateway) => !isDown(gateway));
  const down = gateways.filter((gateway) => isDown(gateway));
  return [...byPriority(up, pick), ...byPriority(down, pick)];
}

function byPriority(gateways: readonly GatewayRecord[], pick: (below: number) => number): GatewayRecord[] {
  const left = [...gateways].sort((a, b) => a.priority - b.priority);
  const ordered: GatewayRecord[] = [];
  while (left.length > 0) {
    const same = left.filter((gateway) => gateway.priority === left[0]?.priority);
    const weights = same.reduce((sum, gateway) => sum + gateway.weight, 0);
    let ticket = pick(Math.max(1, weights));
    const chosen = same.find((gateway) => (ticket -= gateway.weight) < 0) ?? same[0]!;
    ordered.push(chosen);
    left.splice(left.indexOf(chosen), 1);
  }
  return ordered;
}
