import { expect, test } from "vitest";
import {
  makeCall,
  makeEvent,
  makeIdempotencyRow,
  makeLeg,
  makeRecording,
  makeWebhook,
  memoryStore,
  NOON,
  stillClock,
} from "../test/records.ts";
import type { TenantDeclaration } from "./store.ts";

const HOUR_MS = 3_600_000;

const declaration: TenantDeclaration = {
  tenant: {
    id: "acme",
    allowCallerIdForwarding: true,
    maxConcurrentCalls: 500,
    maxCps: 20,
    defaultRoute: "voepy_route_main",
  },
  apiKeys: [
    { id: "voepy_key_1", tenantId: "acme", name: "dev", hash: "aa", scopes: ["*"], createdAt: NOON, expiresAt: null },
  ],
  numbers: [
    {
      id: "voepy_num_1",
      tenantId: "acme",
      number: "+15125550100",
      routeId: null,
      inboundAction: { type: "dial", to: "sip:alice@voepy.local" },
    },
  ],
  routes: [
    {
      id: "voepy_route_main",
      tenantId: "acme",
      direction: "both",
      gateways: [{ host: "203.0.113.10", port: 5060, transport: "udp", priority: 1, weight: 1 }],
      auth: { mode: "digest", username: "u", password: "p" },
      allowedSourceCidrs: ["203.0.113.0/24"],
      codecs: ["PCMU", "PCMA"],
      options: { followRedirects: true, maxChannels: 30 },
    },
  ],
  sipUsers: [
    {
      id: "voepy_usr_1",
      tenantId: "acme",
      username: "alice",
      password: "secret",
      number: "+15125550199",
      outbound: false,
    },
  ],
  webhooks: [makeWebhook()],
};

test("a call comes back as it was saved, with its legs and recordings, and only to its tenant", async () => {
  const store = await memoryStore();
  const call = makeCall({ customerReference: "cart-1", costCents: 1.25, sipReason: "Busy Here", sipCode: 486 });
  await store.commit({ calls: [call], legs: [makeLeg()], recordings: [makeRecording()] });
  const detail = await store.calls.get("acme", call.id);
  expect(detail).toEqual({ call, legs: [makeLeg()], recordings: [makeRecording()] });
  expect(await store.calls.get("other", call.id)).toBeUndefined();
  expect(await store.calls.get("acme", "voepy_call_none")).toBeUndefined();
});

test("saving a row again replaces the whole row and keeps what belongs to it", async () => {
  const store = await memoryStore();
  await store.commit({ calls: [makeCall({ clientState: "eA==" })], legs: [makeLeg()] });
  const ended = makeCall({ status: "ended", endedAt: NOON + 5, endReason: "completed", endInitiator: "callee" });
  await store.commit({ calls: [ended], legs: [makeLeg({ status: "ended", endReason: "completed" })] });
  const detail = await store.calls.get("acme", ended.id);
  expect(detail?.call).toEqual(ended);
  expect(detail?.legs).toEqual([makeLeg({ status: "ended", endReason: "completed" })]);
});

test("a commit that fails leaves nothing behind and says internal_error", async () => {
  const store = await memoryStore();
  const orphan = makeLeg({ callId: "voepy_call_none" });
  await expect(store.commit({ calls: [makeCall()], legs: [orphan] })).rejects.toMatchObject({
    code: "internal_error",
  });
  expect(await store.calls.get("acme", "voepy_call_1")).toBeUndefined();
  await store.commit({ calls: [makeCall()] });
  expect(await store.calls.get("acme", "voepy_call_1")).toBeDefined();
});

test("commits of one turn share a transaction, and a bad one among them fails alone", async () => {
  const store = await memoryStore();
  const results = await Promise.allSettled([
    store.commit({ calls: [makeCall({ id: "c1" })] }),
    store.commit({ legs: [makeLeg({ callId: "nowhere" })] }),
    store.commit({ calls: [makeCall({ id: "c2" })] }),
  ]);
  expect(results.map((result) => result.status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect((await store.calls.list("acme", {}, { limit: 10 })).rows.map((call) => call.id)).toEqual(["c2", "c1"]);
});

test("unfinished calls and recordings of every tenant are found after a crash", async () => {
  const store = await memoryStore();
  await store.commit({
    calls: [
      makeCall({ id: "c1", status: "bridged" }),
      makeCall({ id: "c2", status: "ended" }),
      makeCall({ id: "c3", status: "failed" }),
      makeCall({ id: "c4", status: "ringing", tenantId: "other", initiatedAt: NOON - 1 }),
    ],
    legs: [makeLeg({ callId: "c1" })],
    recordings: [
      makeRecording({ id: "r1", callId: "c1", status: "processing" }),
      makeRecording({ id: "r2", callId: "c1", status: "available" }),
      makeRecording({ id: "r3", callId: "c2", status: "recording", createdAt: NOON - 1 }),
    ],
  });
  const calls = await store.calls.unfinished();
  expect(calls.map(({ call, legs }) => [call.id, legs.length])).toEqual([
    ["c4", 0],
    ["c1", 1],
  ]);
  expect((await store.recordings.unfinished()).map((recording) => recording.id)).toEqual(["r3", "r1"]);
});

test("recordings are read, listed by call, and deleted by their tenant only", async () => {
  const store = await memoryStore();
  await store.commit({
    calls: [makeCall({ id: "c1" }), makeCall({ id: "c2" })],
    recordings: [
      makeRecording({ id: "r1", callId: "c1" }),
      makeRecording({ id: "r2", callId: "c2", createdAt: NOON + 1 }),
    ],
  });
  const ids = async (callId?: string) =>
    (await store.recordings.list("acme", { callId }, { limit: 10 })).rows.map((recording) => recording.id);
  expect(await ids()).toEqual(["r2", "r1"]);
  expect(await ids("c1")).toEqual(["r1"]);
  expect((await store.recordings.list("other", { callId: "c1" }, { limit: 10 })).rows).toEqual([]);
  expect(await store.recordings.get("other", "r1")).toBeUndefined();
  expect((await store.recordings.get("acme", "r1"))?.callId).toBe("c1");
  expect((await store.recordings.find("r1"))?.tenantId).toBe("acme");
  expect(await store.recordings.delete("other", "r1")).toBe(false);
  expect(await store.recordings.delete("acme", "r1")).toBe(true);
  expect(await store.recordings.find("r1")).toBeUndefined();
});

test("events of a call come in sequence, and a sequence number is given once", async () => {
  const store = await memoryStore();
  const heard: string[] = [];
  store.onEvents((events) => heard.push(...events.map((event) => event.id)));
  store.onEvents(() => {
    throw new Error("a listener's own trouble");
  });
  await store.commit({ calls: [makeCall()], events: [makeEvent(1), makeEvent(2)] });
  await expect(store.commit({ events: [makeEvent(2, { id: "voepy_evt_other" })] })).rejects.toMatchObject({
    code: "internal_error",
  });
  const events = await store.events.ofCall("acme", "voepy_call_1");
  expect(events).toEqual([makeEvent(1), makeEvent(2)]);
  expect(await store.events.ofCall("other", "voepy_call_1")).toEqual([]);
  expect(await store.events.get(makeEvent(2).id)).toEqual(makeEvent(2));
  expect(heard).toEqual(events.map((event) => event.id));
});

const dated = <Row>(row: Row) => ({ ...row, createdAt: NOON });

test("what the configuration declares comes back whole and wins over what was there", async () => {
  const store = await memoryStore();
  await store.settings.declare([declaration]);
  const settings = await store.settings.load();
  expect(settings.tenants).toEqual([{ ...declaration.tenant, createdAt: NOON }]);
  expect(settings.numbers).toEqual(declaration.numbers.map(dated));
  expect(settings.routes).toMatchObject(declaration.routes.map(dated));
  expect(settings.sipUsers).toEqual(declaration.sipUsers.map(dated));
  expect(await store.settings.apiKeyByHash("aa")).toMatchObject(declaration.apiKeys[0]!);
  expect(await store.settings.apiKeyByHash("bb")).toBeUndefined();

  const renamed = { ...declaration.numbers[0]!, id: "voepy_num_2", inboundAction: { type: "echo" } as const };
  await store.settings.declare([{ ...declaration, numbers: [renamed] }]);
  expect((await store.settings.load()).numbers).toEqual([dated(renamed)]);
});

test("declared webhooks are marked as the operator's own, saved ones are not", async () => {
  const store = await memoryStore();
  await store.settings.declare([declaration]);
  await store.settings.saveWebhook(makeWebhook({ id: "voepy_whk_2", createdAt: NOON + 1 }));
  expect((await store.settings.webhooks("acme")).map(({ id, declared }) => [id, declared])).toEqual([
    ["voepy_whk_1", true],
    ["voepy_whk_2", false],
  ]);
  expect(await store.settings.webhook("voepy_whk_1")).toMatchObject({ ...makeWebhook(), declared: true });
  expect(await store.settings.webhook("voepy_whk_3")).toBeUndefined();
});

test("an idempotency key is taken once, however many ask at the same instant", async () => {
  const store = await memoryStore();
  const answers = await Promise.all(Array.from({ length: 20 }, () => store.idempotency.begin(makeIdempotencyRow())));
  expect(answers.filter((answer) => answer === undefined)).toHaveLength(1);
  expect(answers.filter((answer) => answer !== undefined)).toHaveLength(19);
});

test("an idempotency row keeps the call it made and the answer it gave", async () => {
  const store = await memoryStore();
  const row = makeIdempotencyRow();
  await store.idempotency.begin(row);
  await store.commit({ calls: [makeCall()], idempotency: { ...row, resourceId: "voepy_call_1" } });
  expect(await store.idempotency.begin(row)).toEqual({ ...row, resourceId: "voepy_call_1" });
  await store.idempotency.finish(row, { status: 201, body: '{"id":"voepy_call_1"}' });
  expect(await store.idempotency.begin({ ...row, bootId: "boot-2" })).toEqual({
    ...row,
    resourceId: "voepy_call_1",
    response: { status: 201, body: '{"id":"voepy_call_1"}' },
  });
});

test("an idempotency key is free again when abandoned, and after 24 hours", async () => {
  const store = await memoryStore();
  const row = makeIdempotencyRow();
  await store.idempotency.begin(row);
  await store.idempotency.abandon(row);
  expect(await store.idempotency.begin(row)).toBeUndefined();
  expect(await store.idempotency.begin({ ...row, createdAt: NOON + 24 * HOUR_MS - 1 })).toBeDefined();
  expect(await store.idempotency.begin({ ...row, createdAt: NOON + 24 * HOUR_MS })).toBeUndefined();
  expect(await store.idempotency.begin({ ...row, path: "/v1/other" })).toBeUndefined();
  expect(await store.idempotency.begin({ ...row, tenantId: "other" })).toBeUndefined();
});

test("a value of the installation is made once", async () => {
  const store = await memoryStore();
  let made = 0;
  const make = () => `secret-${++made}`;
  const values = await Promise.all([store.value("link", make), store.value("link", make)]);
  expect(new Set(values).size).toBe(1);
  expect(await store.value("link", make)).toBe(values[0]);
  expect(await store.value("node", () => "n1")).toBe("n1");
});

test("pruning deletes old events and their deliveries, but none that somebody waits for", async () => {
  const clock = stillClock();
  const store = await memoryStore(clock);
  await store.commit({ calls: [makeCall()], events: [makeEvent(1)] });
  await store.settings.saveWebhook(makeWebhook());
  await store.commit({ events: [makeEvent(2), makeEvent(3, { occurredAt: NOON + HOUR_MS })] });
  await store.idempotency.begin(makeIdempotencyRow());
  clock.set(NOON + 24 * HOUR_MS);
  expect(await store.prune(NOON + 60_000)).toBe(2);
  expect(await store.prune(NOON + 60_000)).toBe(0);
  expect((await store.events.ofCall("acme", "voepy_call_1")).map((event) => event.sequence)).toEqual([2, 3]);
});

test("a closed store refuses writes", async () => {
  const store = await memoryStore();
  const last = store.commit({ calls: [makeCall()] });
  await store.close();
  await last;
  await expect(store.commit({})).rejects.toMatchObject({ code: "internal_error" });
  await store.close();
});
