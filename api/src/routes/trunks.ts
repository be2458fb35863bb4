/** `/v1/routes`: the trunks calls come in by and go out through. */
import type { MakeId } from "@voepy/base";
import type { RouteRecord, Store } from "@voepy/store";
import { z } from "zod";
import type { LiveState } from "../live-state.ts";
import { invalidFields } from "../problems.ts";
import { keyedRoute, type Route } from "../route.ts";
import { routeOf, type Trunk, trunkFields, trunkOf, trunkProblems } from "../schema/trunk.ts";
import { serializeRoute } from "../serialize/settings.ts";
import { deleteRoute, docOf, existing, getRoute, listRoute, patchOf, type ResourceSpec, saved } from "./resource.ts";

const isDefault = z
  .boolean()
  .optional()
  .meta({ description: "The one that calls take which name none; the one before no longer is" });

const createBody = z.strictObject({ ...trunkFields, is_default: isDefault }).meta({ id: "RouteCreate" });

/** What may be absent may be taken away again, with null. */
const { failover_route_id, caller_number, default_country_code, national_prefix, ...others } = trunkFields;
const { international_prefix, max_channels, max_cps, contact_user, ...lasting } = others;
const patchBody = patchOf({
  ...lasting,
  is_default: isDefault,
  failover_route_id: failover_route_id.nullable(),
  caller_number: caller_number.nullable(),
  default_country_code: default_country_code.nullable(),
  national_prefix: national_prefix.nullable(),
  international_prefix: international_prefix.nullable(),
  max_channels: max_channels.nullable(),
  max_cps: max_cps.nullable(),
  contact_user: contact_user.nullable(),
}).meta({ id: "RoutePatch" });

export interface TrunkServices {
  readonly store: Store;
  readonly makeId: MakeId;
  readonly live: LiveState;
  /** A route the tenant may name, its own or one that all share. */
  readonly knowsRoute: (tenantId: string, routeId: string) => Promise<boolean>;
}

export function trunkRoutes(services: TrunkServices): Route[] {
  const spec: ResourceSpec<RouteRecord> = {
    path: "/v1/routes",
    tag: "Routes",
    noun: "route",
    schema: "Route",
    listSchema: "RouteList",
    rows: services.store.settings.routes,
    serialize: async (row) => ({
      ...serializeRoute(row, services.live),
      is_default: (await defaultRoute(services, row.tenantId)) === row.id,
    }),
  };
  const noDefault = (row: RouteRecord): Promise<void> => setDefault(services, row, false);
  return [listRoute(spec), create(spec, services), getRoute(spec), patch(spec, services), deleteRoute(spec, noDefault)];
}

async function defaultRoute({ store }: TrunkServices, tenantId: string): Promise<string | null> {
  return (await store.settings.tenants.get(tenantId))?.defaultRoute ?? null;
}

/** undefined: as it is. */
async function setDefault(
  { store }: TrunkServices,
  { id, tenantId }: RouteRecord,
  isDefault: boolean | undefined,
): Promise<void> {
  const tenant = await store.settings.tenants.get(tenantId);
  if (tenant === undefined || isDefault === undefined || isDefault === (tenant.defaultRoute === id)) return;
  await store.settings.tenants.save({ ...tenant, defaultRoute: isDefault ? id : null });
}

function create(spec: ResourceSpec<RouteRecord>, services: TrunkServices): Route {
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
    run: async ({ tenantId, input: { is_default, ...fields } }) => {
      await check(services, tenantId, fields);
      const row = await saved(spec, routeOf(services.makeId("route"), tenantId, fields), "id");
      await setDefault(services, row, is_default);
      return { status: 201, json: await spec.serialize(row) };
    },
  });
}

function patch(spec: ResourceSpec<RouteRecord>, services: TrunkServices): Route {
  return keyedRoute({
    method: "patch",
    path: `${spec.path}/{id}`,
    scope: "config:write",
    input: patchBody,
    doc: {
      ...docOf(spec, "updateRoute", { status: 200, schema: "Route" }),
      summary: "Change a route",
      description:
        "What is given replaces what was there, null takes it away; `auth` of the same user without a password keeps it.",
      refusals: ["not_found"],
    },
    run: async ({ tenantId, id, input: { is_default, ...input } }) => {
      const before = trunkOf(await existing(spec, tenantId, id));
      const given = Object.entries(input).filter(([, value]) => value !== undefined);
      const changes = Object.fromEntries(given.map(([name, value]) => [name, value ?? undefined]));
      // Each of its members was parsed by the schema of the same name, or is gone.
      const merged = { ...before, ...changes } as Trunk;
      const after = { ...merged, auth: withPassword(merged.auth, before.auth) };
      await check(services, tenantId, after);
      const row = await saved(spec, routeOf(id, tenantId, after), "id");
      await setDefault(services, row, is_default);
      return { status: 200, json: await spec.serialize(row) };
    },
  });
}

/** A password is never read back, so whoever sends back what they have read must not lose it. */
function withPassword(auth: Trunk["auth"], before: Trunk["auth"]): Trunk["auth"] {
  const isKept = auth.password === undefined && before.password !== undefined && auth.username === before.username;
  return isKept ? { ...auth, password: before.password } : auth;
}

async function check({ knowsRoute }: TrunkServices, tenantId: string, fields: Trunk): Promise<void> {
  const problems = trunkProblems(fields).map(({ path, message }) => ({ param: path.join("."), message }));
  const failover = fields.failover_route_id;
  if (failover !== undefined && !(await knowsRoute(tenantId, failover)))
    problems.push({ param: "failover_route_id", message: "there is no such route" });
  if (problems.length > 0) throw invalidFields(problems);
}
