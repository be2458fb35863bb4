/** Numbers that calls come to and go out from. */
import type { MakeId } from "@voepy/base";
import type { NumberRecord, Store } from "@voepy/store";
import { z } from "zod";
import { invalidFields } from "../problems.ts";
import { keyedRoute, type Route } from "../route.ts";
import { phoneNumberFields } from "../schema/settings.ts";
import { serializeNumber } from "../serialize/settings.ts";
import { deleteRoute, docOf, existing, getRoute, listRoute, patchOf, type ResourceSpec, saved } from "./resource.ts";

const createBody = z.strictObject(phoneNumberFields).meta({ id: "PhoneNumberCreate" });
const { number: _fixed, ...changing } = phoneNumberFields;
const patchBody = patchOf({ ...changing, route_id: z.string().min(1).max(128).nullable() }).meta({
  id: "PhoneNumberPatch",
});

export interface PhoneNumberServices {
  readonly store: Store;
  readonly makeId: MakeId;
  /** A route the tenant may name, its own or one that all share. */
  readonly knowsRoute: (tenantId: string, routeId: string) => Promise<boolean>;
}

export function phoneNumberRoutes(services: PhoneNumberServices): Route[] {
  const spec: ResourceSpec<NumberRecord> = {
    path: "/v1/phone_numbers",
    tag: "Phone numbers",
    noun: "phone number",
    schema: "PhoneNumber",
    listSchema: "PhoneNumberList",
    rows: services.store.settings.numbers,
    serialize: serializeNumber,
  };
  return [listRoute(spec), create(spec, services), getRoute(spec), patch(spec, services), deleteRoute(spec)];
}

async function checkRoute(
  services: PhoneNumberServices,
  tenantId: string,
  routeId: string | null | undefined,
): Promise<void> {
  if (typeof routeId !== "string" || (await services.knowsRoute(tenantId, routeId))) return;
  throw invalidFields([{ param: "route_id", message: "there is no such route" }]);
}

function create(spec: ResourceSpec<NumberRecord>, services: PhoneNumberServices): Route {
  return keyedRoute({
    method: "post",
    path: spec.path,
    scope: "config:write",
    input: createBody,
    doc: {
      ...docOf(spec, "createPhoneNumber", { status: 201, schema: "PhoneNumber" }),
      summary: "Add a phone number",
      examples: { echo: { number: "+15125550100", inbound_action: { type: "echo" } } },
    },
    run: async ({ tenantId, input }) => {
      await checkRoute(services, tenantId, input.route_id);
      const row = {
        id: services.makeId("num"),
        tenantId,
        number: input.number,
        routeId: input.route_id ?? null,
        inboundAction: input.inbound_action,
      };
      return { status: 201, json: serializeNumber(await saved(spec, row, "number")) };
    },
  });
}

function patch(spec: ResourceSpec<NumberRecord>, services: PhoneNumberServices): Route {
  return keyedRoute({
    method: "patch",
    path: `${spec.path}/{id}`,
    scope: "config:write",
    input: patchBody,
    doc: {
      ...docOf(spec, "updatePhoneNumber", { status: 200, schema: "PhoneNumber" }),
      summary: "Change what a phone number does",
      refusals: ["not_found"],
    },
    run: async ({ tenantId, id, input }) => {
      const before = await existing(spec, tenantId, id);
      await checkRoute(services, tenantId, input.route_id);
      const row = {
        ...before,
        routeId: input.route_id === undefined ? before.routeId : input.route_id,
        inboundAction: input.inbound_action ?? before.inboundAction,
      };
      return { status: 200, json: serializeNumber(await saved(spec, row, "number")) };
    },
  });
}
