/** A route as the wire has it, whole: what a POST gives, what a PATCH changes, and what makes no sense together. */
import type { RouteRecord } from "@voepy/store";
import { z } from "zod";
import { routeOptionFields, routeOptionFieldsOf, routeOptionsOf } from "./route-options.ts";
import { routeFields } from "./settings.ts";

export const trunkFields = { ...routeFields, ...routeOptionFields };

const trunk = z.strictObject(trunkFields);
export type Trunk = z.output<typeof trunk>;

export interface TrunkProblem {
  readonly path: readonly string[];
  readonly message: string;
}

export function trunkProblems(fields: Omit<Trunk, "codecs">): TrunkProblem[] {
  const problems: TrunkProblem[] = [];
  const { mode } = fields.auth;
  if (mode === "digest" || mode === "registration") {
    for (const name of ["username", "password"] as const)
      if (fields.auth[name] === undefined)
        problems.push({ path: ["auth", name], message: `is required for mode ${mode}` });
  }
  if (mode === "registration" && fields.gateways.length === 0)
    problems.push({ path: ["gateways"], message: "the registrar is missing" });
  const isNational = fields.number_format === "national" || fields.caller_number?.number_format === "national";
  if (isNational && fields.default_country_code === undefined) {
    const message = 'number_format national needs to know of which country, such as "44"';
    problems.push({ path: ["default_country_code"], message });
  }
  return problems;
}

export function routeOf(id: string, tenantId: string, fields: Trunk): RouteRecord {
  return {
    id,
    tenantId,
    direction: fields.direction,
    gateways: fields.gateways,
    auth: fields.auth,
    allowedSourceCidrs: fields.allowed_source_cidrs,
    codecs: fields.codecs,
    options: routeOptionsOf(fields),
  };
}

/** With its password. */
export function trunkOf(route: RouteRecord): Trunk {
  return {
    direction: route.direction,
    gateways: [...route.gateways],
    auth: { ...route.auth },
    allowed_source_cidrs: [...route.allowedSourceCidrs],
    codecs: [...route.codecs],
    ...routeOptionFieldsOf(route.options ?? {}),
  };
}
