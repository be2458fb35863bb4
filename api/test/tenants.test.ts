import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { errorOf, jsonOf, listOf } from "./read.ts";
import { KEYS, makeWorld, type World } from "./world.ts";

let world: World;
beforeEach(async () => {
  world = await makeWorld();
});
afterEach(() => world.close());

const ADMIN = { authorization: `Bearer ${KEYS.admin}` };
const admin = (path: string, init: { method?: string; body?: unknown } = {}) =>
  world.ask(path, { ...init, headers: ADMIN });
const create = (body: unknown) => admin("/v1/tenants", { method: "POST", body });

test("the admin key makes a tenant, whose first key works at once", async () => {
  const answer = await create({ id: "acme", quota: { max_concurrent_calls: 7 } });
  expect(answer.status).toBe(201);
  const made = await jsonOf(answer);
  const quota = { allow_caller_id_forwarding: false, max_concurrent_calls: 7, max_cps: 20 };
  expect(made).toMatchObject({ id: "acme", default_route: null, quota, api_key: { name: "first", scopes: ["*"] } });
  const { key } = made.api_key as { key: string }; // as the line above has seen
  expect(await jsonOf(await world.ask("/v1/quota", { headers: { authorization: `Bearer ${key}` } }))).toEqual(quota);
  expect(await jsonOf(await admin("/v1/tenants/acme"))).toMatchObject({ id: "acme", quota });
  expect((await listOf(await admin("/v1/tenants"))).data.map(({ id }) => id)).toContain("acme");
  expect((await errorOf(await create({ id: "acme" }))).param).toBe("id");
});

test("the quota is set whole, by the admin key only", async () => {
  const body = { max_cps: 3 };
  expect((await world.ask("/v1/tenants/default/quota", { method: "PUT", body })).status).toBe(403);
  const set = await admin("/v1/tenants/default/quota", { method: "PUT", body });
  const quota = { allow_caller_id_forwarding: false, max_concurrent_calls: 500, max_cps: 3 };
  expect(await jsonOf(set)).toEqual(quota);
  expect(await jsonOf(await world.ask("/v1/quota"))).toEqual(quota);
  expect((await admin("/v1/tenants/none/quota", { method: "PUT", body })).status).toBe(404);
  const wrong = await admin("/v1/tenants/default/quota", { method: "PUT", body: { max_cps: 0, colour: 1 } });
  expect((await errorOf(wrong)).details?.errors?.map(({ param }) => param)).toEqual(["max_cps", "colour"]);
});

test("a deleted tenant's uploaded audio is deleted with it", async () => {
  const form = new FormData();
  form.set("name", "greeting");
  form.set("file", new Blob(["RIFF\0\0\0\0WAVE"]), "greeting.wav");
  const headers = { authorization: `Bearer ${KEYS.other}` };
  expect((await world.ask("/v1/media", { method: "POST", body: form, headers })).status).toBe(201);
  const files = () => readdirSync(join(world.recordingsFolder, "media"));
  expect(files()).toHaveLength(1);
  await admin("/v1/tenants/other", { method: "DELETE" });
  expect(files()).toEqual([]);
});

test("a deleted tenant's keys stop at once, and nothing of another's goes", async () => {
  const other = { headers: { authorization: `Bearer ${KEYS.other}` } };
  expect((await admin("/v1/tenants/other", { method: "DELETE" })).status).toBe(204);
  expect((await world.ask("/v1/calls", other)).status).toBe(401);
  expect((await world.ask("/v1/calls")).status).toBe(200);
  expect((await admin("/v1/tenants/other", { method: "DELETE" })).status).toBe(404);
});

test("no tenant's key is the admin key, whatever its row says", async () => {
  await world.store.settings.apiKeys.save({
    id: "voepy_key_sly",
    tenantId: "default",
    name: "sly",
    hash: (await world.store.settings.apiKeys.list("default", { limit: 1 })).rows[0]?.hash.replace(/^./, "f") ?? "",
    scopes: ["admin"],
    createdAt: 0,
    expiresAt: null,
  });
  for (const path of ["/v1/tenants", "/v1/tenants/other"]) {
    expect((await world.ask(path)).status).toBe(403);
    expect((await world.ask(path, { headers: { authorization: `Bearer ${KEYS.reader}` } })).status).toBe(403);
  }
});

test("the admin key touches nothing of a tenant's, and is nobody where there is none", async () => {
  for (const path of ["/v1/calls", "/v1/webhooks", "/v1/events", "/v1/quota"])
    expect([path, (await admin(path)).status]).toEqual([path, 403]);
  const keyless = await makeWorld({ adminKey: undefined });
  expect((await keyless.ask("/v1/tenants", { headers: ADMIN })).status).toBe(401);
  await keyless.close();
});
