/** Softphones and desk phones that register here. */
import type { MakeId, Random } from "@voepy/base";
import type { SipUserRecord, Store } from "@voepy/store";
import { z } from "zod";
import type { LiveState } from "../live-state.ts";
import { keyedRoute, type Route } from "../route.ts";
import { sipUserFields } from "../schema/settings.ts";
import { serializeSipUser } from "../serialize/settings.ts";
import { deleteRoute, docOf, existing, getRoute, listRoute, patchOf, type ResourceSpec, saved } from "./resource.ts";

/** Anyone on the internet may guess at it, and a guessed one makes calls that cost money. */
const password = z.string().min(8).max(256);

const createBody = z
  .strictObject({
    ...sipUserFields,
    password: password.optional().meta({ description: "Made by us when absent, and shown in this answer only" }),
  })
  .meta({ id: "SipUserCreate" });
const { username: _fixed, number, ...changing } = sipUserFields;
const patchBody = patchOf({ ...changing, password, number: number.unwrap().nullable() }).meta({ id: "SipUserPatch" });

/** 18 bytes make 24 characters. */
const PASSWORD_BYTES = 18;

export interface SipUserServices {
  readonly store: Store;
  readonly makeId: MakeId;
  readonly random: Random;
  readonly live: LiveState;
}

export function sipUserRoutes(services: SipUserServices): Route[] {
  const spec: ResourceSpec<SipUserRecord> = {
    path: "/v1/sip_users",
    tag: "SIP users",
    noun: "SIP user",
    schema: "SipUser",
    listSchema: "SipUserList",
    rows: services.store.settings.sipUsers,
    serialize: (row) => serializeSipUser(row, services.live),
  };
  return [listRoute(spec), create(spec, services), getRoute(spec), patch(spec, services), deleteRoute(spec)];
}

function create(spec: ResourceSpec<SipUserRecord>, { makeId, random, live }: SipUserServices): Route {
  return keyedRoute({
    method: "post",
    path: spec.path,
    scope: "config:write",
    input: createBody,
    doc: {
      ...docOf(spec, "createSipUser", { status: 201, schema: "SipUserCreated" }),
      summary: "Add a SIP user",
      examples: { phone: { username: "alice", number: "+15125550199", outbound: true } },
    },
    run: async ({ tenantId, input }) => {
      const made = Buffer.from(random.fill(new Uint8Array(PASSWORD_BYTES))).toString("base64url");
      const row = {
        id: makeId("usr"),
        tenantId,
        username: input.username,
        password: input.password ?? made,
        number: input.number ?? null,
        outbound: input.outbound,
      };
      const shown = serializeSipUser(await saved(spec, row, "username"), live);
      return input.password === undefined
        ? { status: 201, json: { ...shown, password: made }, replayed: shown }
        : { status: 201, json: shown };
    },
  });
}

function patch(spec: ResourceSpec<SipUserRecord>, { live }: SipUserServices): Route {
  return keyedRoute({
    method: "patch",
    path: `${spec.path}/{id}`,
    scope: "config:write",
    input: patchBody,
    doc: {
      ...docOf(spec, "updateSipUser", { status: 200, schema: "SipUser" }),
      summary: "Change a SIP user",
      refusals: ["not_found"],
    },
    run: async ({ tenantId, id, input }) => {
      const before = await existing(spec, tenantId, id);
      const row = {
        ...before,
        password: input.password ?? before.password,
        number: input.number === undefined ? before.number : input.number,
        outbound: input.outbound ?? before.outbound,
      };
      return { status: 200, json: serializeSipUser(await saved(spec, row, "username"), live) };
    },
  });
}
