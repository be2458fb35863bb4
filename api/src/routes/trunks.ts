/** `/v1/routes`: the trunks calls come in by and go out through. */
import type { MakeId } from "@voepy/base";
import type { RouteRecord, Store } from "@voepy/store";
import { z } from "zod";
import type { LiveState } from "../live-state.ts";
import { invalidFields } from "../problems.ts";
import { keyedRoute, type Route } from "../route.ts";
import { routeFields } from "../schema/settings.ts";
import { serializeRoute } from "../serialize/settings.ts";
import { deleteRoute, docOf, existing, getRoute, listRoute, patchOf, type ResourceSpec, saved } from "./resource.ts";

const createBody = z.strictObject(routeFields).meta({ id: "RouteCreate" });
const patchBody = patchOf(routeFields).meta({ id: "RoutePatch" });

export interface TrunkServices {
  readonly store: Store;
  readonly makeId: MakeId;
  readonly live: LiveState;
}

export function trunkRoutes({ store, makeId, live }: TrunkServices): Route[] {
  const spec: ResourceSpec<RouteRecord> = {
    path: "/v1/routes",
    tag: "Routes",
    noun: "route",
    schema: "Route",
    listSchema: "RouteList",
    rows: store.settings.routes,
    serialize: (row) => serializeRoute(row, live),
  };
  return [listRoute(spec), create(spec, makeId), getRoute(spec), patch(spec), deleteRoute(spec)];
}

function create(spec: ResourceSpec<RouteRecord>, makeId: MakeId): Route {
  return keyedRoute({
    method: "post",
    path: spec.path,
    scope: "config:write",
    input: createBody,
    doc: {
      ...docOf(spec, "createRoute", { status: 201, schema: "Route" }),
      summary: "Add a route",
      examples: {
        trunk: {
          gateways: [{ host: "203.0.113.10" }],
          auth: { mode: "digest", username: "u", password: "a password" },
          allowed_source_cidrs: ["203.0.113.0/24"],
        },
      },
    },
    run: async ({ tenantId, input }) => {
      const { allowed_source_cidrs: allowedSourceCidrs, ...same } = input;
      const row = { id: makeId("route"), tenantId, ...same, allowedSourceCidrs };
      checkAuth(row);
      return { status: 201, json: spec.serialize(await saved(spec, row, "id")) };
    },
  });
}

function patch(spec: ResourceSpec<RouteRecord>): Route {
  return keyedRoute({
    method: "patch",
    path: `${spec.path}/{id}`,
    scope: "config:write",
    input: patchBody,
    doc: {
      ...docOf(spec, "updateRoute", { status: 200, schema: "Route" }),
      summary: "Change a route",
      description: "What is given replaces what was there; `auth` of the same user without a password keeps it.",
      refusals: ["not_found"],
    },
    run: async ({ tenantId, id, input }) => {
      const before = await existing(spec, tenantId, id);
      const row: RouteRecord = {
        ...before,
        direction: input.direction ?? before.direction,
        gateways: input.gateways ?? before.gateways,
        auth: input.auth === undefined ? before.auth : withPassword(input.auth, before.auth),
        allowedSourceCidrs: input.allowed_source_cidrs ?? before.allowedSourceCidrs,
        codecs: input.codecs ?? before.codecs,
      };
      checkAuth(row);
      return { status: 200, json: spec.serialize(await saved(spec, row, "id")) };
    },
  });
}

/** A password is never read back, so whoever sends back what they have read must not lose it. */
function withPassword(auth: RouteRecord["auth"], before: RouteRecord["auth"]): RouteRecord["auth"] {
  const isKept = auth.password === undefined && auth.username === before.username;
  return isKept ? { ...auth, password: before.password } : auth;
}

function checkAuth({ auth }: RouteRecord): void {
  if (auth.mode !== "digest" && auth.mode !== "registration") return;
  const missing = (["username", "password"] as const).filter((name) => auth[name] === undefined);
  if (missing.length === 0) return;
  throw invalidFields(missing.map((name) => ({ param: `auth.${name}`, message: `is required for ${auth.mode}` })));
}
