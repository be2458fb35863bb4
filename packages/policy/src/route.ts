/** Where a call goes: a registered user, a route's gateways, a host, or nowhere. */
import type { GatewayRecord, RouteRecord } from "@voepy/store";
import { type Directory, SHARED } from "./directory.ts";

export type Destination =
  | { readonly type: "user"; readonly username: string }
  | { readonly type: "gateways"; readonly route: RouteRecord; readonly gateways: readonly GatewayRecord[] }
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

export function destinationOf(
  directory: Directory,
  question: RouteQuestion,
  pick: (below: number) => number,
): Destination {
  const { tenantId, to, uri } = question;
  if (question.routeId !== undefined) {
    const route = directory.route(tenantId, question.routeId);
    return route === undefined ? { type: "nowhere", reason: "no_route", status: 404 } : throughRoute(route, pick);
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
  return route === undefined ? { type: "nowhere", reason: "no_route", status: 503 } : throughRoute(route, pick);
}

/** The tenant's default, else its only outgoing route, else one that all share (the sandbox). */
export function defaultRoute(directory: Directory, tenantId: string): RouteRecord | undefined {
  const named = directory.tenant(tenantId)?.defaultRoute;
  if (named !== undefined && named !== null) return directory.route(tenantId, named);
  const outgoing = directory
    .routesOf(tenantId)
    .filter((route) => route.direction !== "in" && route.gateways.length > 0);
  return outgoing.find((route) => route.tenantId === tenantId) ?? outgoing.find((route) => route.tenantId === SHARED);
}

function throughRoute(route: RouteRecord, pick: (below: number) => number): Destination {
  if (route.direction === "in" || route.gateways.length === 0)
    return { type: "nowhere", reason: "no_route", status: 503 };
  return { type: "gateways", route, gateways: orderGateways(route.gateways, pick) };
}

/** Lowest priority number first; within one priority by weight at random (RFC 2782's rule). */
export function orderGateways(gateways: readonly GatewayRecord[], pick: (below: number) => number): GatewayRecord[] {
  const left = [...gateways].sort((a, b) => a.priority - b.priority);
  const ordered: GatewayRecord[] = [];
  while (left.length > 0) {
    const same = left.filter((gateway) => gateway.priority === left[0]?.priority);
    let ticket = pick(
      Math.max(
        1,
        same.reduce((sum, gateway) => sum + gateway.weight, 0),
      ),
    );
    const chosen = same.find((gateway) => (ticket -= gateway.weight) < 0) ?? same[0]!;
    ordered.push(chosen);
    left.splice(left.indexOf(chosen), 1);
  }
  return ordered;
}
