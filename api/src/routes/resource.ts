/**
 * What every resource of a tenant's configuration has in common: it is listed in pages, read and deleted by id, and
 * another tenant's is not there.
 */
import { CodedError } from "@voepy/base";
import type { Configured } from "@voepy/store";
import { z } from "zod";
import type { ResourceName } from "../openapi/resources.ts";
import { invalidFields } from "../problems.ts";
import { type KeyedRoute, keyedRoute, nothing, type Route, type RouteDoc } from "../route.ts";
import { pageFields, serializePage } from "../serialize/page.ts";

export interface ResourceSpec<Row> {
  /** `/v1/phone_numbers` */
  readonly path: string;
  readonly tag: string;
  /** As people write it: `phone number`. */
  readonly noun: string;
  readonly schema: ResourceName;
  readonly listSchema: ResourceName;
  readonly rows: Configured<Row>;
  serialize(row: Row): unknown | Promise<unknown>;
}

export function listRoute<Row>(spec: ResourceSpec<Row>): KeyedRoute {
  return keyedRoute({
    method: "get",
    path: spec.path,
    scope: "config:read",
    input: z.strictObject(pageFields),
    doc: {
      ...docOf(spec, `list${spec.schema}s`, { status: 200, schema: spec.listSchema }),
      summary: `List ${spec.noun}s, newest first`,
    },
    run: async ({ tenantId, input: { limit, cursor } }) => {
      const page = await spec.rows.list(tenantId, { limit, cursor });
      const rows = await Promise.all(page.rows.map((row) => spec.serialize(row)));
      return { status: 200, json: serializePage({ ...page, rows }, (row) => row) };
    },
  });
}

export function getRoute<Row>(spec: ResourceSpec<Row>): KeyedRoute {
  return keyedRoute({
    method: "get",
    path: `${spec.path}/{id}`,
    scope: "config:read",
    input: nothing,
    doc: {
      ...docOf(spec, `get${spec.schema}`, { status: 200, schema: spec.schema }),
      summary: `Get a ${spec.noun}`,
      refusals: ["not_found"],
    },
    run: async ({ tenantId, id }) => ({ status: 200, json: await spec.serialize(await existing(spec, tenantId, id)) }),
  });
}

/** `before` is done with the row that goes, first. */
export function deleteRoute<Row>(spec: ResourceSpec<Row>, before?: (row: Row) => Promise<void>): Route {
  return keyedRoute({
    method: "delete",
    path: `${spec.path}/{id}`,
    scope: "config:write",
    input: nothing,
    doc: {
      ...docOf(spec, `delete${spec.schema}`, { status: 204 }),
      summary: `Delete a ${spec.noun}`,
      refusals: ["not_found"],
    },
    run: async ({ tenantId, id }) => {
      const row = await existing(spec, tenantId, id);
      await before?.(row);
      if (!(await spec.rows.delete(tenantId, id))) throw nothingThere(spec.noun);
      return { status: 204 };
    },
  });
}

/** The tenant's row. Throws `not_found`. */
export async function existing<Row>(
  spec: Pick<ResourceSpec<Row>, "rows" | "noun">,
  tenantId: string,
  id: string,
): Promise<Row> {
  const row = await spec.rows.get(tenantId, id);
  if (row === undefined) throw nothingThere(spec.noun);
  return row;
}

/** Saves the row and reads it back. Throws `invalid_request` naming `param` when its value is taken. */
export async function saved<Row extends { readonly id: string; readonly tenantId: string }>(
  spec: Pick<ResourceSpec<Row>, "rows" | "noun">,
  row: Row,
  param: string,
): Promise<Row> {
  if (!(await spec.rows.save(row))) throw invalidFields([{ param, message: "is already in use" }]);
  return existing(spec, row.tenantId, row.id);
}

export function docOf<Row>(
  spec: Pick<ResourceSpec<Row>, "tag">,
  operationId: string,
  success: RouteDoc["success"],
): Omit<RouteDoc, "summary"> {
  return { operationId, tag: spec.tag, success, refusals: [] };
}

export function nothingThere(noun: string): CodedError {
  return new CodedError("not_found", `there is no such ${noun}`);
}

/** The fields of a PATCH: those of a create, each optional, without defaults, so that what is absent stays. */
export function patchOf<Shape extends Readonly<Record<string, z.ZodType>>>(
  shape: Shape,
): z.ZodObject<{ [Name in keyof Shape]: z.ZodOptional<WithoutDefault<Shape[Name]>> }, z.core.$strict> {
  const fields = Object.entries(shape).map(([name, field]) => [
    name,
    z.optional(field instanceof z.ZodDefault ? field.unwrap() : field),
  ]);
  // Entries of the same names, each unwrapped as its type says.
  return z.strictObject(Object.fromEntries(fields)) as never;
}

type WithoutDefault<Field> = Field extends z.ZodDefault<infer Inner> ? Inner : Field;
