import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { delivery as deliverySchema, webhook as webhookSchema } from "../src/openapi/resources.ts";
import { START_MS } from "./clock.ts";
import { errorOf, jsonOf, listOf, resourceOf } from "./read.ts";
import { aCall, KEYS, makeWorld, type World } from "./world.ts";

let world: World;
beforeEach(async () => {
  world = await makeWorld();
});
afterEach(() => world.close());

const create = (body: unknown) => world.ask("/v1/webhooks", { method: "POST", body });
const URL = "https://example.com/hooks";

describe("webhooks", () => {
  test("are made with a secret of ours, shown once", async () => {
    const answer = await create({ url: URL, events: ["call.*"] });
    expect(answer.status).toBe(201);
    const { secret, ...made } = await jsonOf(answer);
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(made).toMatchObject({ url: URL, failover_url: null, events: ["call.*"], created_at: expect.any(String) });
    expect(webhookSchema.parse(made)).toEqual(made);
    expect(await jsonOf(await world.ask(`/v1/webhooks/${made.id}`))).toEqual(made);
    expect((await listOf(await world.ask("/v1/webhooks"))).data).toEqual([made]);
    expect(await world.store.settings.webhook(String(made.id))).toMatchObject({ secret, tenantId: "default" });
  });

  test("keep a secret of the client to themselves, and want every event unless told", async () => {
    const secret = `whsec_${Buffer.alloc(24, 7).toString("base64")}`;
    const made = await jsonOf(await create({ url: URL, failover_url: "http://example.org/", secret }));
    expect(made).not.toHaveProperty("secret");
    expect(made).toMatchObject({ events: ["*"], failover_url: "http://example.org/" });
  });

  test.each([
    [{ events: ["*"] }, ["url"]],
    [{ url: "ftp://example.com" }, ["url"]],
    [{ url: "not a url", secret: "short" }, ["url", "secret"]],
    [{ url: URL, secret: "whsec_AAAA" }, ["secret"]],
    [{ url: URL, events: [] }, ["events"]],
    [{ url: URL, events: ["call.*", "*.*", "Call.ended"] }, ["events.1", "events.2"]],
    [{ url: URL, colour: 1 }, ["colour"]],
  ])("refuse %j", async (body, params) => {
    const error = await errorOf(await create(body));
    expect([...new Set(error.details?.errors?.map(({ param }) => param))]).toEqual(params);
    expect((await listOf(await world.ask("/v1/webhooks"))).data).toEqual([]);
  });

  test("are deleted, by their own tenant only", async () => {
    const { id } = await resourceOf(await create({ url: URL }));
    const headers = { authorization: `Bearer ${KEYS.other}` };
    for (const [method, path] of [
      ["DELETE", `/v1/webhooks/${id}`],
      ["GET", `/v1/webhooks/${id}`],
      ["GET", `/v1/webhooks/${id}/deliveries`],
    ] as const)
      expect((await world.ask(path, { method, headers })).status).toBe(404);
    expect((await world.ask(`/v1/webhooks/${id}`, { method: "DELETE" })).status).toBe(204);
    expect((await world.ask(`/v1/webhooks/${id}`, { method: "DELETE" })).status).toBe(404);
  });

  test("list their deliveries", async () => {
    const { id } = await resourceOf(await create({ url: URL, events: ["call.started"] }));
    const event = (sequence: number) => ({
      id: `voepy_evt_${sequence}`,
      tenantId: "default",
      callId: "voepy_call_A",
      eventType: "call.started",
      occurredAt: START_MS,
      sequence,
      data: "{}",
      webhookUrl: null,
    });
    await world.store.commit({ calls: [aCall("voepy_call_A")], events: [event(1), event(2)] });
    const { data, has_more: hasMore } = await listOf(await world.ask(`/v1/webhooks/${id}/deliveries?limit=1`));
    expect(hasMore).toBe(true);
    expect(data).toHaveLength(1);
    expect(deliverySchema.parse(data[0])).toEqual(data[0]);
    expect(data[0]).toMatchObject({
      webhook_id: id,
      call_id: "voepy_call_A",
      status: "pending",
      attempts: 0,
      url: URL,
    });
  });

  test("made twice under one Idempotency-Key are one", async () => {
    const again = () =>
      world.ask("/v1/webhooks", { method: "POST", body: { url: URL }, headers: { "idempotency-key": "k" } });
    expect(await (await again()).text()).toBe(await (await again()).text());
    expect((await listOf(await world.ask("/v1/webhooks"))).data).toHaveLength(1);
  });

  test("are changed in part, and lose the operator's leave to go to private addresses when they lead elsewhere", async () => {
    const { id } = await resourceOf(await create({ url: URL, failover_url: "http://example.org/" }));
    const change = (body: unknown) => world.ask(`/v1/webhooks/${id}`, { method: "PATCH", body });
    const stored = await world.store.settings.webhook(id);
    if (stored) await world.store.settings.saveWebhook({ ...stored, declared: true });
    expect(await jsonOf(await change({ events: ["call.ended"] }))).toMatchObject({ url: URL, events: ["call.ended"] });
    expect((await world.store.settings.webhook(id))?.declared).toBe(true);
    const changed = await jsonOf(await change({ url: "https://example.net/", failover_url: null }));
    expect(changed).toMatchObject({ url: "https://example.net/", failover_url: null, events: ["call.ended"] });
    expect(await world.store.settings.webhook(id)).toMatchObject({ declared: false, secret: stored?.secret });
    expect((await errorOf(await change({ secret: "x", url: "x" }))).details?.errors).toHaveLength(2);
  });

  test("get a new secret, while the old one stays good for a day", async () => {
    const before = await jsonOf(await create({ url: URL }));
    const rotate = (body: unknown) =>
      world.ask(`/v1/webhooks/${String(before.id)}/rotate_secret`, { method: "POST", body });
    const after = await jsonOf(await rotate({}));
    expect(after.secret).toMatch(/^whsec_/);
    expect(after.secret).not.toBe(before.secret);
    expect(await world.store.settings.webhook(String(before.id))).toMatchObject({
      secret: after.secret,
      previousSecret: before.secret,
      previousSecretUntil: START_MS + 24 * 3_600_000,
    });
    const own = `whsec_${Buffer.alloc(24, 7).toString("base64")}`;
    expect(await jsonOf(await rotate({ secret: own }))).not.toHaveProperty("secret");
    expect((await world.store.settings.webhook(String(before.id)))?.secret).toBe(own);
  });

  test("are tried with an event of their own", async () => {
    const { id } = await resourceOf(await create({ url: URL, events: ["call.ended"] }));
    const { id: bystander } = await resourceOf(await create({ url: URL }));
    const answer = await world.ask(`/v1/webhooks/${id}/test`, { method: "POST" });
    expect(answer.status).toBe(200);
    const delivery = await resourceOf(answer);
    expect(deliverySchema.parse(delivery)).toEqual(delivery);
    expect(delivery).toMatchObject({ webhook_id: id, call_id: null, status: "pending" });
    expect((await world.store.events.get(String(delivery.event_id)))?.eventType).toBe("webhook.test");
    expect((await listOf(await world.ask(`/v1/webhooks/${bystander}/deliveries`))).data).toEqual([]);
  });

  test("are sent a delivery again, at once and with the retries of a new one", async () => {
    let woken = 0;
    const due = await makeWorld({ deliveriesDue: () => void woken++ });
    const ask = (path: string, headers = {}) => due.ask(path, { method: "POST", headers });
    const made = await due.ask("/v1/webhooks", { method: "POST", body: { url: URL } });
    const { id } = await resourceOf(made);
    const delivery = await resourceOf(await ask(`/v1/webhooks/${id}/test`));
    const [row] = (await due.store.deliveries.list("default", id, { limit: 1 })).rows;
    if (row) await due.store.deliveries.update({ ...row, status: "failed", attempts: 9, lastError: "answered 500" });
    due.clock.advance(1000);
    const path = `/v1/webhooks/${id}/deliveries/${delivery.id}/redeliver`;
    expect((await ask(path, { authorization: `Bearer ${KEYS.other}` })).status).toBe(404);
    expect((await ask(`/v1/webhooks/${id}/deliveries/none/redeliver`)).status).toBe(404);
    expect(await jsonOf(await ask(path))).toMatchObject({
      id: delivery.id,
      status: "pending",
      attempts: 0,
      last_error: "answered 500",
      next_attempt_at: "2026-05-12T14:32:19.000Z",
    });
    expect(woken).toBe(1);
    expect(await due.store.deliveries.due(START_MS + 1000, 10)).toHaveLength(1);
    await due.close();
  });
});
