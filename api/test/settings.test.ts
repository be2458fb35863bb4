import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { z } from "zod";
import { apiKey, phoneNumber, route, sipUser } from "../src/openapi/resources.ts";
import { errorOf, jsonOf, listOf, resourceOf } from "./read.ts";
import { KEYS, makeWorld, type World } from "./world.ts";

let world: World;
beforeEach(async () => {
  world = await makeWorld({
    sharedRoutes: ["voepy_route_sandbox"],
    live: {
      health: () => [{ gateway: "203.0.113.10:5060", status: "down", reason: "timeout" }],
      registration: () => ({ status: "registered", reason: null, expiresAt: world.clock.wallMs() }),
      contacts: (username) => [
        {
          uri: `sip:${username}@192.0.2.1`,
          address: "192.0.2.1:5060",
          transport: "udp",
          userAgent: "phone",
          expiresAt: 0,
        },
      ],
    },
  });
});
afterEach(() => world.close());

const OTHER = { authorization: `Bearer ${KEYS.other}` };
const post = (path: string, body: unknown, headers = {}) => world.ask(path, { method: "POST", body, headers });
const patch = (path: string, body: unknown, headers = {}) => world.ask(path, { method: "PATCH", body, headers });
const wrongFields = async (answer: Response) => {
  expect(answer.status).toBe(400);
  return (await errorOf(answer)).details?.errors?.map(({ param }) => param);
};

const RESOURCES: readonly [path: string, body: Record<string, unknown>, change: Record<string, unknown>, z.ZodType][] =
  [
    ["/v1/phone_numbers", { number: "+15125550100" }, { inbound_action: { type: "echo" } }, phoneNumber],
    ["/v1/routes", { gateways: [{ host: "203.0.113.10" }] }, { codecs: ["PCMA"] }, route],
    ["/v1/sip_users", { username: "carol", password: "long enough" }, { outbound: true }, sipUser],
  ];

describe.each(RESOURCES)("%s", (path, body, change, schema) => {
  test("is made, read, listed, changed and deleted", async () => {
    const made = await post(path, body);
    expect(made.status).toBe(201);
    const resource = await resourceOf(made);
    expect(schema.parse(resource)).toEqual(resource);
    expect(resource.id).toMatch(/^voepy_(num|route|usr)_[0-9A-Z]{26}$/);
    expect(await jsonOf(await world.ask(`${path}/${resource.id}`))).toEqual(resource);
    expect(await listOf(await world.ask(path))).toEqual({ data: [resource], next_cursor: null, has_more: false });
    const changed = await patch(`${path}/${resource.id}`, change);
    expect(changed.status).toBe(200);
    const after = await jsonOf(changed);
    expect(after).toEqual({ ...resource, ...change });
    expect(await jsonOf(await world.ask(`${path}/${resource.id}`))).toEqual(after);
    expect(await jsonOf(await patch(`${path}/${resource.id}`, {}))).toEqual(after);
    expect((await world.ask(`${path}/${resource.id}`, { method: "DELETE" })).status).toBe(204);
    expect((await world.ask(`${path}/${resource.id}`, { method: "DELETE" })).status).toBe(404);
    expect((await world.ask(`${path}/${resource.id}`)).status).toBe(404);
  });

  test("is not there for another tenant", async () => {
    const { id } = await resourceOf(await post(path, body));
    for (const method of ["GET", "DELETE"])
      expect((await world.ask(`${path}/${id}`, { method, headers: OTHER })).status).toBe(404);
    expect((await patch(`${path}/${id}`, change, OTHER)).status).toBe(404);
    expect((await listOf(await world.ask(path, { headers: OTHER }))).data).toEqual([]);
    expect((await world.ask(`${path}/${id}`)).status).toBe(200);
  });

  test("wants the scope config", async () => {
    const headers = { authorization: `Bearer ${KEYS.reader}` };
    expect((await world.ask(path, { headers })).status).toBe(403);
    expect((await post(path, body, headers)).status).toBe(403);
  });
});

describe("phone numbers", () => {
  test("belong to one tenant only", async () => {
    await post("/v1/phone_numbers", { number: "+15125550100" });
    expect(await wrongFields(await post("/v1/phone_numbers", { number: "+15125550100" }, OTHER))).toEqual(["number"]);
  });

  test("name a route of their tenant, or one that all share", async () => {
    const { id } = await resourceOf(await post("/v1/routes", {}));
    expect((await post("/v1/phone_numbers", { number: "+15125550100", route_id: id })).status).toBe(201);
    const foreign = await post("/v1/phone_numbers", { number: "+15125550101", route_id: id }, OTHER);
    expect(await wrongFields(foreign)).toEqual(["route_id"]);
    const shared = await post("/v1/phone_numbers", { number: "+15125550101", route_id: "voepy_route_sandbox" }, OTHER);
    const number = await resourceOf(shared);
    const changed = await patch(`/v1/phone_numbers/${number.id}`, { route_id: null }, OTHER);
    expect((await jsonOf(changed)).route_id).toBeNull();
  });

  test("are refused with every wrong field", async () => {
    const body = { number: "5125550100", inbound_action: { type: "dance" }, colour: 1 };
    expect(await wrongFields(await post("/v1/phone_numbers", body))).toEqual([
      "number",
      "inbound_action.type",
      "colour",
    ]);
  });
});

describe("routes", () => {
  test("never show their password, and keep it when what was read is sent back", async () => {
    const auth = { mode: "digest", username: "u", password: "trunk secret" };
    const made = await resourceOf(await post("/v1/routes", { auth }));
    expect(JSON.stringify(made)).not.toContain("trunk secret");
    const back = await patch(`/v1/routes/${made.id}`, { auth: { mode: "registration", username: "u" } });
    expect(await wrongFields(back)).toEqual(["gateways"]);
    await patch(`/v1/routes/${made.id}`, { auth: { mode: "digest", username: "u" }, codecs: ["PCMU"] });
    expect((await world.store.settings.routes.get("default", made.id))?.auth).toEqual(auth);
    const other = await patch(`/v1/routes/${made.id}`, { auth: { mode: "digest", username: "v" } });
    expect(await wrongFields(other)).toEqual(["auth.password"]);
  });

  test("keep all that a trunk can differ in, and null takes away what may be absent", async () => {
    const spare = await resourceOf(await post("/v1/routes", {}));
    const options = {
      failover_route_id: spare.id,
      number_format: "national",
      default_country_code: "44",
      strip_digits: 1,
      prepend: "9",
      caller_number: { number_format: "e164", strip_digits: 0, prepend: "" },
      max_channels: 30,
      max_cps: 2.5,
      caller_id_header: "pai",
      options_ping_secs: 0,
    };
    const made = await resourceOf(await post("/v1/routes", options));
    expect(made).toMatchObject({ ...options, national_prefix: "0", international_prefix: "00" });
    const changed = await patch(`/v1/routes/${made.id}`, { max_channels: null, failover_route_id: null });
    expect(await jsonOf(changed)).toEqual({ ...made, max_channels: null, failover_route_id: null });
    expect(await wrongFields(await patch(`/v1/routes/${made.id}`, { default_country_code: null }))).toEqual([
      "default_country_code",
    ]);
    expect(await wrongFields(await post("/v1/routes", { failover_route_id: made.id }, OTHER))).toEqual([
      "failover_route_id",
    ]);
  });

  test("take no text that could end a header of a SIP message", async () => {
    const host = (text: string) => post("/v1/routes", { gateways: [{ host: text }] });
    for (const text of ["a b", "a\r\nX: y", "a@b", "a;b", "<a>", "-a", ""])
      expect([text, await wrongFields(await host(text))]).toEqual([text, ["gateways.0.host"]]);
    for (const text of ["a", "sip.example.com", "203.0.113.10", "2001:db8::1", "[::1]", "trunk_1.example."])
      expect([text, (await host(text)).status]).toEqual([text, 201]);
    const auth = { mode: "digest", username: "u\r\nX: y", password: "p" };
    expect(await wrongFields(await post("/v1/routes", { auth }))).toEqual(["auth.username"]);
    const action = { type: "dial", to: "sip:a@b>\r\n" };
    expect(
      await wrongFields(await post("/v1/phone_numbers", { number: "+15125550100", inbound_action: action })),
    ).toEqual(["inbound_action.to"]);
  });

  test("have one default among them, which a deleted one no longer is", async () => {
    const first = await resourceOf(await post("/v1/routes", { is_default: true }));
    const second = await resourceOf(await post("/v1/routes", {}));
    const defaults = async () =>
      (await listOf(await world.ask("/v1/routes"))).data.filter((row) => row.is_default).map(({ id }) => id);
    expect([first.is_default, second.is_default, await defaults()]).toEqual([true, false, [first.id]]);
    await patch(`/v1/routes/${second.id}`, { is_default: true });
    expect(await defaults()).toEqual([second.id]);
    await patch(`/v1/routes/${first.id}`, { is_default: false });
    expect(await defaults()).toEqual([second.id]);
    await world.ask(`/v1/routes/${second.id}`, { method: "DELETE" });
    expect((await world.store.settings.tenants.get("default"))?.defaultRoute).toBeNull();
  });

  test("show how their gateways answer and whether they are registered", async () => {
    const made = await resourceOf(await post("/v1/routes", {}));
    expect(made).toMatchObject({
      health: [{ gateway: "203.0.113.10:5060", status: "down", reason: "timeout" }],
      registration: { status: "registered", reason: null, expires_at: "2026-05-12T14:32:18.000Z" },
    });
  });
});

describe("SIP users", () => {
  test("get a password of ours, shown once and to no repeated request", async () => {
    const headers = { "idempotency-key": "k" };
    const { password, ...made } = await jsonOf(await post("/v1/sip_users", { username: "carol" }, headers));
    expect(password).toMatch(/^[\w-]{24}$/);
    const again = await post("/v1/sip_users", { username: "carol" }, headers);
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    expect(await jsonOf(again)).toEqual(made);
    expect((await world.store.settings.sipUsers.get("default", String(made.id)))?.password).toBe(password);
  });

  test("have names of their own in all tenants, and passwords worth the name", async () => {
    await post("/v1/sip_users", { username: "carol" });
    expect(await wrongFields(await post("/v1/sip_users", { username: "carol" }, OTHER))).toEqual(["username"]);
    expect(await wrongFields(await post("/v1/sip_users", { username: "a b", password: "short" }))).toEqual([
      "username",
      "password",
    ]);
  });

  test("show where they are registered", async () => {
    const made = await resourceOf(await post("/v1/sip_users", { username: "carol" }));
    expect(made.contacts).toMatchObject([{ uri: "sip:carol@192.0.2.1", address: "192.0.2.1:5060" }]);
  });
});

describe("API keys", () => {
  const create = (body: unknown, headers = {}) => post("/v1/api_keys", body, headers);

  test("are shown once, stored as a hash, work at once and stop at once", async () => {
    const headers = { "idempotency-key": "k" };
    const { key, ...made } = await jsonOf(await create({ name: "bot", scopes: ["calls:read"] }, headers));
    expect(key).toMatch(/^voepy_key_[\w-]{32}$/);
    expect(apiKey.parse(made)).toEqual(made);
    expect(await jsonOf(await create({ name: "bot", scopes: ["calls:read"] }, headers))).toEqual(made);
    const row = await world.store.settings.apiKeys.get("default", String(made.id));
    expect(row?.hash).toBe(createHash("sha256").update(String(key)).digest("hex"));
    const bearer = { headers: { authorization: `Bearer ${String(key)}` } };
    expect((await world.ask("/v1/calls", bearer)).status).toBe(200);
    expect((await world.ask("/v1/webhooks", bearer)).status).toBe(403);
    expect((await world.ask(`/v1/api_keys/${String(made.id)}`, { method: "DELETE" })).status).toBe(204);
    expect((await world.ask("/v1/calls", bearer)).status).toBe(401);
  });

  test("can have nothing that the key asking for them lacks", async () => {
    const made = await jsonOf(await create({ name: "config", scopes: ["config:read", "config:write"] }));
    const headers = { authorization: `Bearer ${String(made.key)}` };
    expect((await create({ name: "x", scopes: ["config:read"] }, headers)).status).toBe(201);
    for (const scopes of [["*"], ["calls:write"], ["config:read", "recordings:read"]])
      expect((await create({ name: "x", scopes }, headers)).status).toBe(403);
    expect(await wrongFields(await create({ name: "x", scopes: ["admin"] }))).toEqual(["scopes.0"]);
  });

  test("expire", async () => {
    const expiresAt = new Date(world.clock.wallMs() + 60_000).toISOString();
    const made = await jsonOf(await create({ name: "short", expires_at: expiresAt }));
    const bearer = { headers: { authorization: `Bearer ${String(made.key)}` } };
    expect((await world.ask("/v1/calls", bearer)).status).toBe(200);
    world.clock.advance(60_000);
    expect((await world.ask("/v1/calls", bearer)).status).toBe(401);
    expect(await wrongFields(await create({ name: "past", expires_at: expiresAt }))).toEqual(["expires_at"]);
  });

  test("tell when they were used last, to a minute", async () => {
    const made = await jsonOf(await create({ name: "bot" }));
    const id = String(made.id);
    const lastUsed = async () => (await jsonOf(await world.ask(`/v1/api_keys/${id}`))).last_used_at;
    const use = async () => {
      await world.ask("/v1/calls", { headers: { authorization: `Bearer ${String(made.key)}` } });
      await new Promise((resolve) => setImmediate(resolve));
    };
    expect(await lastUsed()).toBeNull();
    await use();
    expect(await lastUsed()).toBe("2026-05-12T14:32:18.000Z");
    world.clock.advance(59_000);
    await use();
    expect(await lastUsed()).toBe("2026-05-12T14:32:18.000Z");
    world.clock.advance(1_000);
    await use();
    expect(await lastUsed()).toBe("2026-05-12T14:33:18.000Z");
  });

  test("are listed newest first, in pages", async () => {
    for (const name of ["a", "b", "c"]) {
      world.clock.advance(1);
      await create({ name });
    }
    const first = await listOf(await world.ask("/v1/api_keys?limit=2"));
    expect(first.data.map(({ name }) => name)).toEqual(["c", "b"]);
    const second = await listOf(await world.ask(`/v1/api_keys?limit=2&cursor=${first.next_cursor}`));
    expect(second.data[0]?.name).toBe("a");
    expect((await world.ask(`/v1/phone_numbers?cursor=${first.next_cursor}`)).status).toBe(400);
  });
});
