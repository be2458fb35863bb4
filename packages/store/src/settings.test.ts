import { expect, test } from "vitest";
import { makeCall, makeEvent, makeWebhook, memoryStore, NOON, stillClock } from "../test/records.ts";
import type { ApiKeyRecord, MediaRecord, NumberRecord, TenantRecord } from "./records.ts";

const HOUR_MS = 3_600_000;

const number = (id: string, more: Partial<NumberRecord> = {}): NumberRecord => ({
  id,
  tenantId: "acme",
  number: `+1512555010${id}`,
  routeId: null,
  inboundAction: { type: "webhook" },
  ...more,
});
const key = (id: string, more: Partial<ApiKeyRecord> = {}): ApiKeyRecord => ({
  id,
  tenantId: "acme",
  name: id,
  hash: `hash of ${id}`,
  scopes: ["*"],
  createdAt: NOON,
  expiresAt: null,
  ...more,
});
const tenant = (id: string): TenantRecord => ({
  id,
  allowCallerIdForwarding: false,
  maxConcurrentCalls: 10,
  maxCps: 5,
  defaultRoute: null,
});
const media = (id: string, more: Partial<MediaRecord> = {}): MediaRecord => ({
  id,
  tenantId: "acme",
  name: "greeting",
  format: "wav",
  path: `${id}.wav`,
  sizeBytes: 100,
  durationMs: 12,
  createdAt: NOON,
  ...more,
});

test("configured rows are listed newest first in pages that inserts do not shift", async () => {
  const clock = stillClock();
  const store = await memoryStore(clock);
  const { numbers } = store.settings;
  for (const id of ["1", "2", "3", "4"]) {
    clock.set(NOON + Number(id));
    await numbers.save(number(id));
  }
  await numbers.save(number("9", { tenantId: "other" }));
  const first = await numbers.list("acme", { limit: 2 });
  expect(first.rows.map(({ id, createdAt }) => [id, createdAt])).toEqual([
    ["4", NOON + 4],
    ["3", NOON + 3],
  ]);
  clock.set(NOON + 5);
  await numbers.save(number("5"));
  // Saved again, a row keeps its place.
  await numbers.save(number("2", { inboundAction: { type: "echo" } }));
  const second = await numbers.list("acme", { limit: 2, cursor: first.nextCursor ?? "" });
  expect(second.rows.map(({ id, createdAt }) => [id, createdAt])).toEqual([
    ["2", NOON + 2],
    ["1", NOON + 1],
  ]);
  expect(second.nextCursor).toBeNull();
  await expect(store.settings.routes.list("acme", { limit: 2, cursor: first.nextCursor ?? "" })).rejects.toMatchObject({
    code: "invalid_request",
    param: "cursor",
  });
});

test("what is unique to all tenants is not taken from another row, nor is another tenant's row overwritten", async () => {
  const store = await memoryStore();
  const { numbers, apiKeys } = store.settings;
  expect(await numbers.save(number("1"))).toBe(true);
  expect(await numbers.save(number("2", { tenantId: "other", number: "+15125550101" }))).toBe(false);
  expect(await numbers.save(number("1", { tenantId: "other" }))).toBe(false);
  expect(await numbers.get("other", "1")).toBeUndefined();
  expect(await numbers.get("acme", "1")).toMatchObject({ number: "+15125550101", tenantId: "acme" });
  expect(await numbers.delete("other", "1")).toBe(false);
  expect(await apiKeys.save(key("a"))).toBe(true);
  expect(await apiKeys.save(key("b", { tenantId: "other", hash: "hash of a" }))).toBe(false);
});

test("names of media are unique within a tenant, and found there", async () => {
  const { media: library } = await memoryStore();
  expect(await library.save(media("m1"))).toBe(true);
  expect(await library.save(media("m2"))).toBe(false);
  expect(await library.save(media("m3", { tenantId: "other" }))).toBe(true);
  expect((await library.byName("acme", "greeting"))?.id).toBe("m1");
  expect((await library.byName("other", "greeting"))?.id).toBe("m3");
  expect(await library.byName("acme", "other")).toBeUndefined();
});

test("those who listen have seen a change before it is answered", async () => {
  const store = await memoryStore();
  const seen: number[] = [];
  store.settings.onChange(async () => void seen.push((await store.settings.load()).numbers.length));
  await store.settings.numbers.save(number("1"));
  expect(seen).toEqual([1]);
  await store.settings.numbers.delete("acme", "1");
  expect(seen).toEqual([1, 0]);
  await store.settings.touchApiKey("a", NOON);
  expect(seen).toHaveLength(2);
});

test("a key remembers when it was used last, also when it is declared again", async () => {
  const store = await memoryStore();
  const declared = { apiKeys: [key("a")], numbers: [], routes: [], sipUsers: [], webhooks: [] };
  await store.settings.declare([{ tenant: tenant("acme"), ...declared }]);
  expect((await store.settings.apiKeys.get("acme", "a"))?.lastUsedAt).toBeNull();
  await store.settings.touchApiKey("a", NOON + 1);
  await store.settings.declare([{ tenant: tenant("acme"), ...declared }]);
  expect((await store.settings.apiKeyByHash("hash of a"))?.lastUsedAt).toBe(NOON + 1);
});

test("a tenant goes with all it had configured and nothing of another's", async () => {
  const store = await memoryStore();
  const { settings } = store;
  for (const id of ["acme", "other"]) {
    await settings.tenants.save(tenant(id));
    await settings.numbers.save(number(id === "acme" ? "1" : "2", { tenantId: id }));
    await settings.apiKeys.save(key(id, { tenantId: id }));
    await settings.saveWebhook(makeWebhook({ id, tenantId: id }));
    await store.media.save(media(id, { tenantId: id }));
  }
  await store.commit({ calls: [makeCall()], events: [makeEvent(1)] });
  expect(await settings.tenants.delete("acme")).toBe(true);
  expect(await settings.tenants.delete("acme")).toBe(false);
  expect((await settings.tenants.list({ limit: 10 })).rows.map(({ id }) => id)).toEqual(["other"]);
  expect((await settings.load()).numbers.map(({ tenantId }) => tenantId)).toEqual(["other"]);
  expect(await settings.apiKeyByHash("hash of acme")).toBeUndefined();
  expect(await settings.apiKeyByHash("hash of other")).toBeDefined();
  expect(await settings.webhooks("acme")).toEqual([]);
  expect(await settings.webhooks("other")).toHaveLength(1);
  expect(await store.deliveries.pendingCount()).toBe(0);
  expect((await store.media.list("acme", { limit: 10 })).rows).toEqual([]);
  expect(await store.calls.get("acme", "voepy_call_1")).toBeDefined();
});

test("a tenant's events are replayed in the order of their commits", async () => {
  const store = await memoryStore();
  expect(await store.events.lastPosition()).toBe(0);
  await store.commit({
    calls: [makeCall(), makeCall({ id: "c2", tenantId: "other" })],
    events: [makeEvent(1), makeEvent(1, { callId: "c2", tenantId: "other" }), makeEvent(2), makeEvent(3)],
  });
  const first = await store.events.after("acme", 0, 2);
  expect(first.rows.map(({ sequence }) => sequence)).toEqual([1, 2]);
  const second = await store.events.after("acme", first.position, 2);
  expect(second.rows.map(({ sequence }) => sequence)).toEqual([3]);
  expect(second.position).toBe(await store.events.lastPosition());
  expect(await store.events.after("acme", second.position, 2)).toEqual({ rows: [], position: second.position });
  expect(await store.events.position("acme", makeEvent(2).id)).toBe(first.position);
  expect(await store.events.position("other", makeEvent(2).id)).toBeUndefined();
});

test("positions go on growing when every old event was pruned", async () => {
  const store = await memoryStore();
  await store.commit({ calls: [makeCall()], events: [makeEvent(1), makeEvent(2)] });
  const before = await store.events.lastPosition();
  await store.prune(NOON + HOUR_MS);
  await store.commit({ events: [makeEvent(3)] });
  expect((await store.events.after("acme", before, 10)).rows.map(({ sequence }) => sequence)).toEqual([3]);
});

test("an event sent to one endpoint goes to no other, whatever they want", async () => {
  const store = await memoryStore();
  await store.settings.saveWebhook(makeWebhook({ events: ["call.ended"] }));
  await store.settings.saveWebhook(makeWebhook({ id: "voepy_whk_2" }));
  const heard: string[] = [];
  store.onEvents((events) => heard.push(...events.map(({ eventType }) => eventType)));
  const event = makeEvent(0, { callId: null, eventType: "webhook.test" });
  const delivery = await store.deliveries.send(event, makeWebhook());
  expect(delivery).toMatchObject({ webhookId: "voepy_whk_1", status: "pending", attempts: 0, callId: null });
  expect(await store.deliveries.pendingCount()).toBe(1);
  expect(heard).toEqual(["webhook.test"]);
  expect(await store.deliveries.get("acme", "voepy_whk_1", delivery.id)).toEqual(delivery);
  expect(await store.deliveries.get("acme", "voepy_whk_2", delivery.id)).toBeUndefined();
  expect(await store.deliveries.get("other", "voepy_whk_1", delivery.id)).toBeUndefined();
});
