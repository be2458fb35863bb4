/** Turns a destination of `policy` into what is sent where. */
import { randomUint32 } from "@voepy/base";
import { type Destination, destinationOf } from "@voepy/policy";
import type { CodecName } from "@voepy/sip-stack";
import { type Credentials, type Header, parseUri, type TransportName } from "@voepy/sip-stack";
import type { GatewayRecord, RouteRecord } from "@voepy/store";
import type { World } from "../world.ts";
import type { Failure } from "./outgoing.ts";

export interface Target {
  readonly transport: TransportName;
  readonly host: string;
  readonly port: number;
  readonly flow: string | undefined;
  readonly requestUri: string;
  readonly fromUri: string;
  readonly toUri: string;
  readonly credentials: Credentials | undefined;
  readonly codecs: readonly CodecName[] | undefined;
  readonly firstResponseMs: number | undefined;
}

export type Plan =
  | {
      readonly type: "targets";
      readonly routeId: string | null;
      readonly groups: readonly (readonly Target[])[];
      readonly headers: readonly Header[];
    }
  | { readonly type: "nowhere"; readonly routeId: null; readonly failure: Failure };

/** A gateway that says nothing at all within this is given up for the next (SPEC 4.17). */
const GATEWAY_FIRST_RESPONSE_MS = 4000;

export interface PlanRequest {
  readonly tenantId: string;
  readonly from: string;
  readonly to: string;
  readonly routeId: string | undefined;
  readonly headers: readonly Header[];
}

export function makePlan(world: World, request: PlanRequest): Plan {
  const uri = sipParts(request.to);
  const pick = (below: number): number => randomUint32(world.random) % below;
  const destination = destinationOf(
    world.directory(),
    { tenantId: request.tenantId, to: request.to, routeId: request.routeId, uri, domain: world.domain },
    pick,
  );
  switch (destination.type) {
    case "nowhere":
      return {
        type: "nowhere",
        routeId: null,
        failure: { reason: destination.reason, sipCode: destination.status, sipReason: null, q850: null },
      };
    case "user":
      return targets(null, [userTargets(world, request, destination.username)], request.headers);
    case "gateways":
      return targets(
        destination.route.id,
        destination.gateways.map((gateway) => [gatewayTarget(world, request, destination.route, gateway)]),
        request.headers,
      );
    case "host":
      return targets(null, [[hostTarget(world, request, destination)]], request.headers);
  }
}

function targets(routeId: string | null, groups: Target[][], headers: readonly Header[]): Plan {
  return { type: "targets", routeId, groups: groups.filter((group) => group.length > 0), headers };
}

/** All contacts of a user at once. */
function userTargets(world: World, request: PlanRequest, username: string): Target[] {
  return world.sip.bindings(username).map((binding) => ({
    transport: binding.source.transport,
    host: binding.source.address,
    port: binding.source.port,
    flow: binding.source.flow,
    requestUri: binding.contactUri,
    fromUri: asUri(request.from, world.domain),
    toUri: `sip:${username}@${world.domain}`,
    credentials: undefined,
    codecs: undefined,
    firstResponseMs: undefined,
  }));
}

function gatewayTarget(world: World, request: PlanRequest, route: RouteRecord, gateway: GatewayRecord): Target {
  const place = `${bracketed(gateway.host)}:${gateway.port}`;
  const suffix = gateway.transport === "udp" ? "" : `;transport=${gateway.transport}`;
  const uri = isUri(request.to) ? request.to : `sip:${request.to}@${place}${suffix}`;
  const { username, password } = route.auth;
  return {
    transport: gateway.transport,
    host: gateway.host,
    port: gateway.port,
    flow: undefined,
    requestUri: uri,
    fromUri: asUri(request.from, bracketed(world.sip.localAddress(gateway.transport, gateway.host).address)),
    toUri: uri,
    credentials: username === undefined || password === undefined ? undefined : { username, password },
    codecs: route.codecs,
    firstResponseMs: route.gateways.length > 1 ? GATEWAY_FIRST_RESPONSE_MS : undefined,
  };
}

function hostTarget(world: World, request: PlanRequest, destination: Extract<Destination, { type: "host" }>): Target {
  const transport = destination.transport === "tcp" ? "tcp" : "udp";
  return {
    transport,
    host: destination.host,
    port: destination.port ?? 5060,
    flow: undefined,
    requestUri: request.to,
    fromUri: asUri(request.from, bracketed(world.sip.localAddress(transport, destination.host).address)),
    toUri: request.to,
    credentials: undefined,
    codecs: undefined,
    firstResponseMs: undefined,
  };
}

const isUri = (party: string): boolean => party.startsWith("sip:") || party.startsWith("sips:");
const asUri = (party: string, host: string): string => (isUri(party) ? party : `sip:${party}@${host}`);
const bracketed = (host: string): string => (host.includes(":") && !host.startsWith("[") ? `[${host}]` : host);

/** The parts of a `sip:` party that routing asks about; undefined for a number. */
export function sipParts(
  party: string,
): { user: string; host: string; port: number | undefined; transport: string | undefined } | undefined {
  const uri = isUri(party) ? parseUri(party) : undefined;
  if (uri?.kind !== "sip") return undefined;
  const transport = uri.params.find((param) => param.name === "transport")?.value?.toLowerCase();
  return { user: uri.user ?? "", host: uri.host, port: uri.port, transport };
}
