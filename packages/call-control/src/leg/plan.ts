/** Turns a destination of `policy` into what is sent where. */
import { CodedError, randomUint32 } from "@voepy/base";
import { type Destination, destinationOf, optionsOf, outgoingNumber, type RouteStep } from "@voepy/policy";
import {
  type CodecName,
  type Credentials,
  type Header,
  type PartyId,
  parseUri,
  type TransportName,
} from "@voepy/sip-stack";
import type { GatewayRecord, RouteRecord } from "@voepy/store";
import type { World } from "../world.ts";
import { type CallerWish, callerTowards, callerTowardsAnyone } from "./caller-id.ts";
import type { Failure } from "./failure.ts";

export interface Target {
  /** undefined, as the port: found by RFC 3263. */
  readonly transport: TransportName | undefined;
  readonly host: string;
  readonly port: number | undefined;
  readonly flow: string | undefined;
  readonly requestUri: string;
  readonly from: PartyId;
  readonly toUri: string;
  /** Of the caller's identity; those that the API asked for are the plan's. */
  readonly headers: readonly Header[];
  readonly credentials: Credentials | undefined;
  readonly codecs: readonly CodecName[] | undefined;
  readonly firstResponseMs: number | undefined;
  /** undefined: not through a route. */
  readonly route: RouteRecord | undefined;
  /** undefined: where a redirection leads. */
  readonly gateway: GatewayRecord | undefined;
}

export type Plan =
  | {
      readonly type: "targets";
      readonly routeId: string | null;
      readonly groups: readonly (readonly Target[])[];
      readonly headers: readonly Header[];
    }
  | {
      readonly type: "nowhere";
      readonly routeId: string | null;
      readonly failure: Failure;
      /** A limit of the route: a dial is refused with it before there is a call. */
      readonly refusal: CodedError | undefined;
    };

/** A gateway that says nothing at all within this is given up for the next (SPEC 4.17). */
const GATEWAY_FIRST_RESPONSE_MS = 4000;
/** A name in DNS stands for several servers, each of which is given as long. */
const SRV_FIRST_RESPONSE_MS = 3 * GATEWAY_FIRST_RESPONSE_MS;

export interface PlanRequest extends CallerWish {
  readonly tenantId: string;
  readonly to: string;
  readonly routeId: string | undefined;
  readonly headers: readonly Header[];
}

export function makePlan(world: World, request: PlanRequest): Plan {
  const uri = sipParts(request.to);
  const destination = destinationOf(
    world.directory(),
    { tenantId: request.tenantId, to: request.to, routeId: request.routeId, uri, domain: world.domain },
    {
      pick: (below) => randomUint32(world.random) % below,
      isDown: (gateway) => world.routes.isDown(gateway),
      fullness: (route) => world.routes.fullness(route),
    },
  );
  switch (destination.type) {
    case "nowhere": {
      const failure = { reason: destination.reason, sipCode: destination.status, sipReason: null, q850: null };
      return { type: "nowhere", routeId: null, failure, refusal: undefined };
    }
    case "full":
      return planOfFull(destination);
    case "user":
      return targets(null, [userTargets(world, request, destination.username)], request.headers);
    case "gateways":
      return planOfSteps(world, request, destination.steps);
    case "host":
      return targets(null, [[hostTarget(world, request, destination)]], request.headers);
  }
}

function targets(routeId: string | null, groups: Target[][], headers: readonly Header[]): Plan {
  return { type: "targets", routeId, groups: groups.filter((group) => group.length > 0), headers };
}

function planOfSteps(world: World, request: PlanRequest, steps: readonly RouteStep[]): Plan {
  const pairs = steps.flatMap(({ route, gateways }) => gateways.map((gateway) => ({ route, gateway })));
  const groups = pairs.map((pair) => {
    // With somewhere else to go nobody waits 32 s for one that is silent.
    const patienceMs = portOf(pair.gateway) === undefined ? SRV_FIRST_RESPONSE_MS : GATEWAY_FIRST_RESPONSE_MS;
    const firstResponseMs = pairs.length > 1 ? patienceMs : undefined;
    return [{ ...gatewayTarget(world, request, pair), firstResponseMs }];
  });
  return targets(steps[0]?.route.id ?? null, groups, request.headers);
}

function planOfFull({ route, why }: Extract<Destination, { type: "full" }>): Plan {
  const { maxChannels, maxCps } = optionsOf(route);
  const limit = why === "channels" ? maxChannels : maxCps;
  const refusal =
    why === "channels"
      ? new CodedError("concurrency_limit_exceeded", `route ${route.id} carries ${limit} calls, which is its limit`, {
          details: { limit, route_id: route.id },
        })
      : new CodedError("cps_limit_exceeded", `route ${route.id} takes ${limit} calls a second and has more waiting`, {
          details: { limit, route_id: route.id },
        });
  const failure: Failure = { reason: "carrier_error", sipCode: 503, sipReason: refusal.message, q850: null };
  return { type: "nowhere", routeId: route.id, failure, refusal };
}

/** All contacts of a user at once. */
function userTargets(world: World, request: PlanRequest, username: string): Target[] {
  return world.sip.bindings(username).map((binding) => ({
    transport: binding.source.transport,
    host: binding.source.address,
    port: binding.source.port,
    flow: binding.source.flow,
    requestUri: binding.contactUri,
    ...callerTowardsAnyone(request, world.domain),
    toUri: `sip:${username}@${world.domain}`,
    ...NO_ROUTE,
  }));
}

const NO_ROUTE = {
  credentials: undefined,
  codecs: undefined,
  firstResponseMs: undefined,
  route: undefined,
  gateway: undefined,
};

function gatewayTarget(
  world: World,
  request: PlanRequest,
  { route, gateway }: { route: RouteRecord; gateway: GatewayRecord },
): Target {
  const options = optionsOf(route);
  const port = portOf(gateway);
  const place = port === undefined ? bracketed(gateway.host) : `${bracketed(gateway.host)}:${port}`;
  const suffix = gateway.transport === "udp" ? "" : `;transport=${gateway.transport}`;
  const called = outgoingNumber(request.to, options.called, options);
  const uri = isUri(request.to) ? request.to : `sip:${called}@${place}${suffix}`;
  const { username, password } = route.auth;
  return {
    transport: gateway.transport,
    host: gateway.host,
    port,
    flow: undefined,
    requestUri: uri,
    ...callerTowards(request, options, ownHost(world, gateway.transport, gateway.host)),
    toUri: uri,
    credentials: username === undefined || password === undefined ? undefined : { username, password },
    codecs: route.codecs,
    firstResponseMs: undefined,
    route,
    gateway,
  };
}

/** Those a URI may ask for and we can call by. */
const TRANSPORTS = ["udp", "tcp", "tls"] as const;

function hostTarget(world: World, request: PlanRequest, destination: Extract<Destination, { type: "host" }>): Target {
  const transport = TRANSPORTS.find((name) => name === destination.transport);
  return {
    transport,
    host: destination.host,
    port: destination.port,
    flow: undefined,
    requestUri: request.to,
    ...callerTowardsAnyone(request, ownHost(world, transport ?? "udp", destination.host)),
    toUri: request.to,
    ...NO_ROUTE,
  };
}

/** undefined: DNS says. */
function portOf(gateway: GatewayRecord): number | undefined {
  return gateway.port === 0 ? undefined : gateway.port;
}

/** How a peer knows us. */
function ownHost(world: World, transport: TransportName, host: string): string {
  return bracketed(world.sip.localAddress(transport, host).address);
}

const isUri = (party: string): boolean => party.startsWith("sip:") || party.startsWith("sips:");
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
