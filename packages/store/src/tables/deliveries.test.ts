import { expect, test } from "vitest";
import { attempted, makeCall, makeEvent, makeWebhook, memoryStore, NOON, stillClock } from "../../test/records.ts";
import type { DeliveryRecord, EventRecord } from "../records.ts";
import type { Store } from "../store.ts";

async function storeWith(events: readonly EventRecord[], webhooks = [makeWebhook()]): Promise<Store> {
  const store = await memoryStore(stillClock());
  for (const webhook of webhooks) await store.settings.saveWebhook(webhook);
  const calls = [...new Set(events.map((event) => event.callId))].flatMap((id) => (id ? [makeCall({ id })] : []));
  await store.commit({ calls, events });
  return store;
}

const seen = (rows: readonly DeliveryRecord[]): string[] =>
  rows.map(({ webhookId, callId, sequence }) => `${webhookId ?? "url"} ${callId} ${sequence}`).sort();

test("an event becomes a delivery for every endpoint of its tenant that wants it, and one for the call's own URL", async () => {
  const store = await storeWith(
    [makeEvent(1, { eventType: "call.answered", webhookUrl: "http://call.test/x" })],
    [
      makeWebhook({ id: "all", events: ["*"] }),
      makeWebhook({ id: "prefix", events: ["call.*"] }),
      makeWebhook({ id: "exact", events: ["recording.completed", "call.answered"] }),
      makeWebhook({ id: "deaf", events: ["recording.*", "call.answer", "call"] }),
      makeWebhook({ id: "foreign", tenantId: "other" }),
    ],
  );
  const due = await store.deliveries.due(NOON, 10);
  expect(due.map(({ webhookId, url }) => [webhookId, url]).sort()).toEqual(
    [
      ["all", "http://hooks.test/a"],
      ["prefix", "http://hooks.test/a"],
      ["exact", "http://hooks.test/a"],
      [null, "http://call.test/x"],
    ].sort(),
  );
  expect(due[0]).toMatchObject({ status: "pending", attempts: 0, nextAttemptAt: NOON, lastStatusCode: null });
});

test("of one endpoint and call only the lowest pending sequence is due", async () => {
  const store = await storeWith([
    makeEvent(1, { callId: "c1" }),
    makeEvent(2, { callId: "c1" }),
    makeEvent(1, { callId: "c2" }),
    makeEvent(3, { callId: "c1" }),
  ]);
  const first = await store.deliveries.due(NOON, 10);
  expect(seen(first)).toEqual(["voepy_whk_1 c1 1", "voepy_whk_1 c2 1"]);
  const c1 = first.find((delivery) => delivery.callId === "c1")!;
  await store.deliveries.update(attempted(c1, NOON + 2000));
  expect(seen(await store.deliveries.due(NOON + 1999, 10))).toEqual(["voepy_whk_1 c2 1"]);
  await store.deliveries.update(attempted(c1));
  expect(seen(await store.deliveries.due(NOON, 10))).toEqual(["voepy_whk_1 c1 2", "voepy_whk_1 c2 1"]);
  expect(await store.deliveries.pendingCount()).toBe(3);
});

test("a delivery given up lets the next of its lane go", async () => {
  const store = await storeWith([makeEvent(1), makeEvent(2)]);
  const [first] = await store.deliveries.due(NOON, 10);
  await store.deliveries.update({ ...first!, status: "failed" });
  expect(seen(await store.deliveries.due(NOON, 10))).toEqual(["voepy_whk_1 voepy_call_1 2"]);
});

test("one that is sent again goes before the later ones of its call", async () => {
  const store = await storeWith([makeEvent(1), makeEvent(2), makeEvent(3)]);
  const [first] = await store.deliveries.due(NOON, 10);
  await store.deliveries.update(attempted(first!));
  await store.deliveries.update({ ...first!, status: "pending" });
  const again = await store.deliveries.due(NOON, 10);
  expect(seen(again)).toEqual(["voepy_whk_1 voepy_call_1 1"]);
  await store.deliveries.update(attempted(again[0]!));
  expect(seen(await store.deliveries.due(NOON, 10))).toEqual(["voepy_whk_1 voepy_call_1 2"]);
});

test("events of no call do not wait for each other", async () => {
  const store = await storeWith([makeEvent(0, { callId: null, id: "e1" }), makeEvent(0, { callId: null, id: "e2" })]);
  expect((await store.deliveries.due(NOON, 10)).map((delivery) => delivery.eventId).sort()).toEqual(["e1", "e2"]);
});

test("the backlog of one endpoint does not hide what another is owed", async () => {
  const events = Array.from({ length: 50 }, (_, i) => makeEvent(1, { callId: `c${i}` }));
  const store = await storeWith(events, [makeWebhook({ id: "busy" })]);
  await store.settings.saveWebhook(makeWebhook({ id: "quiet", events: ["late"] }));
  await store.commit({ events: [makeEvent(2, { callId: "c0", eventType: "late" })] });
  const due = await store.deliveries.due(NOON, 8);
  expect(due.filter((delivery) => delivery.webhookId === "busy")).toHaveLength(4);
  expect(due.filter((delivery) => delivery.webhookId === "quiet")).toHaveLength(1);
  const others = await store.deliveries.due(NOON, 8, new Set(["busy"]));
  expect(seen(others)).toEqual(["quiet c0 2"]);
});

test("the next due time is that of the earliest delivery that nothing holds back", async () => {
  const store = await storeWith([makeEvent(1, { callId: "c1" }), makeEvent(2, { callId: "c1" })]);
  expect(await store.deliveries.nextDueAt()).toBe(NOON);
  expect(await store.deliveries.nextDueAt(NOON)).toBeUndefined();
  const [first] = await store.deliveries.due(NOON, 10);
  await store.deliveries.update(attempted(first!, NOON + 10_000));
  expect(await store.deliveries.nextDueAt(NOON)).toBe(NOON + 10_000);
  expect(await store.deliveries.nextDueAt(NOON + 10_000)).toBeUndefined();
});

test("deliveries of an endpoint are listed newest first, with what came of them", async () => {
  const store = await storeWith([makeEvent(1), makeEvent(2), makeEvent(3)]);
  const [first] = await store.deliveries.due(NOON, 10);
  const result = { lastStatusCode: 200, lastLatencyMs: 12, lastError: null, responseHead: "ok" };
  await store.deliveries.update({ ...attempted(first!), ...result });
  const page = await store.deliveries.list("acme", "voepy_whk_1", { limit: 2 });
  expect(page.rows.map((delivery) => delivery.sequence)).toEqual([3, 2]);
  const rest = await store.deliveries.list("acme", "voepy_whk_1", { limit: 2, cursor: page.nextCursor ?? "" });
  expect(rest.rows).toEqual([{ ...attempted(first!), ...result }]);
  expect((await store.deliveries.list("other", "voepy_whk_1", { limit: 2 })).rows).toEqual([]);
});

test("deleting an endpoint deletes what it was still owed, and only its tenant may", async () => {
  const store = await storeWith([makeEvent(1), makeEvent(2)]);
  const [first] = await store.deliveries.due(NOON, 10);
  expect(await store.settings.deleteWebhook("other", "voepy_whk_1")).toBe(false);
  expect(await store.settings.deleteWebhook("acme", "voepy_whk_1")).toBe(true);
  expect(await store.deliveries.pendingCount()).toBe(0);
  await store.deliveries.update(attempted(first!));
  expect((await store.deliveries.list("acme", "voepy_whk_1", { limit: 10 })).rows).toEqual([]);
});
