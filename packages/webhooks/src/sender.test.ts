import { createHmac } from "node:crypto";
import { CodedError, type HttpClient, silentLog, systemClock } from "@voepy/base";
import { expect, test } from "vitest";
import { HOUR_MS, makeWebhook, makeWorld, NOON, type Received, SECOND_MS } from "../test/world.ts";
import { makeWebhookSender } from "./sender.ts";

const told = (received: readonly Received[]): string[] =>
  received.map(({ callId, sequence }) => `${callId} ${sequence}`);
const delivered = (received: readonly Received[]): Received[] => received.filter(({ status }) => status === 200);

test("an event arrives at once, with the body and the headers of the specification", async () => {
  const world = await makeWorld(() => 200);
  await world.store.settings.saveWebhook(makeWebhook());
  await world.emit("c1", 1);
  await world.advance(0);
  const { request } = world.received[0]!;
  expect([request.method, request.url, request.maxRedirects, request.timeoutMs]).toEqual([
    "POST",
    "https://hooks.test/a",
    0,
    5_000,
  ]);
  expect(JSON.parse(String(request.body))).toEqual({
    id: "voepy_evt_c1_1",
    event_type: "call.answered",
    occurred_at: "2026-05-12T12:00:00.000Z",
    sequence: 1,
    data: { call_id: "c1", note: "naïve “quotes” 🎺" },
  });
  expect(request.headers["content-type"]).toBe("application/json");
  expect(request.headers["user-agent"]).toBe("voepy/0.1.0");
  const { rows } = await world.store.deliveries.list("acme", "voepy_whk_1", { limit: 5 });
  expect(rows).toMatchObject([
    { status: "delivered", attempts: 1, lastStatusCode: 200, lastError: null, responseHead: "thanks" },
  ]);
  expect(await world.store.deliveries.pendingCount()).toBe(0);
});

test("the signature is the one a receiver computes from secret, id, timestamp and body", async () => {
  const world = await makeWorld(() => 200);
  await world.store.settings.saveWebhook(makeWebhook());
  await world.emit("c1", 1);
  await world.advance(0);
  const { headers, body } = world.received[0]!.request;
  const signed = [headers["webhook-id"], headers["webhook-timestamp"], body].join(".");
  const mac = createHmac("sha256", Buffer.alloc(32, 1)).update(signed, "utf8").digest("base64");
  expect(headers["webhook-signature"]).toBe(`v1,${mac}`);
  expect(headers["webhook-id"]).toBe("voepy_evt_c1_1");
  expect(headers["webhook-timestamp"]).toBe(String(NOON / 1000));
});

test("for the time of a rotation a delivery is signed with both secrets, the new one first", async () => {
  const world = await makeWorld(() => 200);
  const secretOf = (byte: number) => `whsec_${Buffer.alloc(32, byte).toString("base64")}`;
  await world.store.settings.saveWebhook(
    makeWebhook({ secret: secretOf(2), previousSecret: secretOf(1), previousSecretUntil: NOON + HOUR_MS }),
  );
  await world.emit("c1", 1);
  await world.advance(HOUR_MS);
  await world.emit("c1", 2);
  await world.advance(0);
  const signed = world.received.map(({ request: { headers, body } }) => {
    const text = [headers["webhook-id"], headers["webhook-timestamp"], body].join(".");
    const mac = (byte: number) => createHmac("sha256", Buffer.alloc(32, byte)).update(text, "utf8").digest("base64");
    return [headers["webhook-signature"], `v1,${mac(2)}`, `v1,${mac(1)}`];
  });
  expect(signed[0]?.[0]).toBe(`${signed[0]?.[1]} ${signed[0]?.[2]}`);
  expect(signed[1]?.[0]).toBe(signed[1]?.[1]);
});

test("failures are tried again after 2 s, 10 s, 60 s, 5 min, 30 min, 2 h, 5 h, 10 h, give or take a tenth", async () => {
  const world = await makeWorld(() => 500);
  await world.store.settings.saveWebhook(makeWebhook());
  await world.emit("c1", 1);
  await world.advance(20 * HOUR_MS);
  const waits = world.received.slice(1).map(({ wallMs }, i) => (wallMs - world.received[i]!.wallMs) / SECOND_MS);
  const nominal = [2, 10, 60, 300, 1_800, 7_200, 18_000, 36_000];
  expect(waits).toHaveLength(nominal.length);
  for (const [i, wait] of waits.entries()) expect(Math.abs(wait / nominal[i]! - 1)).toBeLessThanOrEqual(0.1);
  expect(new Set(waits.map((wait, i) => wait / nominal[i]!)).size).toBe(nominal.length);
  // Every attempt is signed for its own time and carries the same id and bytes.
  expect(new Set(world.received.map(({ id }) => id)).size).toBe(1);
  expect(new Set(world.received.map(({ request }) => request.headers["webhook-timestamp"])).size).toBe(9);
});

test("an event that nobody takes for three days is given up, listed, and lets the next of its call go", async () => {
  const world = await makeWorld(({ body }) => (String(body).includes('"sequence":1,') ? 500 : 200));
  await world.store.settings.saveWebhook(makeWebhook());
  await world.emit("c1", 1);
  await world.emit("c1", 2);
  await world.advance(90 * HOUR_MS);
  const { rows } = await world.store.deliveries.list("acme", "voepy_whk_1", { limit: 5 });
  expect(rows.map(({ sequence, status }) => [sequence, status])).toEqual([
    [2, "delivered"],
    [1, "failed"],
  ]);
  expect(rows[1]).toMatchObject({ lastStatusCode: 500, lastError: "answered 500" });
});

test("a flapping endpoint gets the events of each call in order, and other calls do not wait for the failing one", async () => {
  let posts = 0;
  const world = await makeWorld(({ body }) => {
    posts++;
    if (String(body).includes('"call_id":"stuck"')) return 503;
    return posts % 3 === 0 ? "refused" : 200;
  });
  await world.store.settings.saveWebhook(makeWebhook());
  for (let sequence = 1; sequence <= 6; sequence++) {
    for (const callId of ["stuck", "c1", "c2", "c3"]) await world.emit(callId, sequence);
  }
  await world.advance(30 * SECOND_MS);
  for (const callId of ["c1", "c2", "c3"]) {
    const sequences = delivered(world.received).flatMap((one) => (one.callId === callId ? [one.sequence] : []));
    expect(sequences).toEqual([1, 2, 3, 4, 5, 6]);
  }
  expect(new Set(world.received.filter(({ callId }) => callId === "stuck").map(({ sequence }) => sequence))).toEqual(
    new Set([1]),
  );
});

test("after a day without the endpoint every event is delivered, in order, none twice", async () => {
  const world = await makeWorld((_, wallMs) => (wallMs < NOON + 24 * HOUR_MS ? "refused" : 200));
  await world.store.settings.saveWebhook(makeWebhook());
  const wanted: string[] = [];
  for (let call = 0; call < 40; call++) {
    for (let sequence = 1; sequence <= 4; sequence++) {
      await world.emit(`c${call}`, sequence);
      wanted.push(`c${call} ${sequence}`);
    }
    await world.advance(20 * 60 * SECOND_MS);
  }
  await world.advance(40 * HOUR_MS);
  const arrived = delivered(world.received);
  expect(told(arrived).sort()).toEqual(wanted.sort());
  for (let call = 0; call < 40; call++) {
    const sequences = arrived.flatMap(({ callId, sequence }) => (callId === `c${call}` ? [sequence] : []));
    expect(sequences).toEqual([1, 2, 3, 4]);
  }
  expect(await world.store.deliveries.pendingCount()).toBe(0);
});

test("an endpoint that hangs takes its own share of what may be in flight and no more", async () => {
  const world = await makeWorld(({ url }) => (url.includes("slow") ? new Promise<number>(() => undefined) : 200), {
    capacity: { inFlight: 8, inFlightPerEndpoint: 3 },
  });
  await world.store.settings.saveWebhook(makeWebhook({ id: "slow", url: "https://slow.test/" }));
  await world.store.settings.saveWebhook(makeWebhook({ id: "quick", url: "https://quick.test/" }));
  for (let call = 0; call < 30; call++) await world.emit(`c${call}`, 1);
  await world.advance(0);
  expect(world.received).toHaveLength(30);
  expect(world.mostAtOnce()).toBeLessThanOrEqual(6);
});

test("after the first failure the failover URL has its turn, and every second time from then on", async () => {
  const world = await makeWorld(() => 500);
  await world.store.settings.saveWebhook(makeWebhook({ failoverUrl: "https://backup.test/b" }));
  await world.emit("c1", 1);
  await world.advance(80 * SECOND_MS);
  expect(world.received.map(({ url }) => url)).toEqual([
    "https://hooks.test/a",
    "https://backup.test/b",
    "https://hooks.test/a",
    "https://backup.test/b",
  ]);
});

test("a redirect is no success", async () => {
  const world = await makeWorld(() => 302);
  await world.store.settings.saveWebhook(makeWebhook());
  await world.emit("c1", 1);
  await world.advance(0);
  const { rows } = await world.store.deliveries.list("acme", "voepy_whk_1", { limit: 5 });
  expect(rows).toMatchObject([{ status: "pending", attempts: 1, lastStatusCode: 302, lastError: "answered 302" }]);
});

test("a call's own URL is signed with the secret of the tenant's first endpoint, or one made for the tenant", async () => {
  const world = await makeWorld(() => 200);
  const verify = (one: Received, key: Uint8Array): void => {
    const { headers, body } = one.request;
    const signed = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
    expect(headers["webhook-signature"]).toBe(`v1,${createHmac("sha256", key).update(signed).digest("base64")}`);
  };
  await world.emit("c1", 1, { webhookUrl: "https://call.test/x" });
  await world.advance(0);
  const made = await world.store.value("webhook_secret:acme", () => "none");
  expect(made).toMatch(/^whsec_/);
  verify(world.received[0]!, Buffer.from(made.slice(6), "base64"));

  await world.store.settings.saveWebhook(makeWebhook({ events: [] }));
  await world.emit("c1", 2, { webhookUrl: "https://call.test/x" });
  await world.advance(0);
  verify(world.received[1]!, Buffer.alloc(32, 1));
  expect(world.received.map(({ url }) => url)).toEqual(["https://call.test/x", "https://call.test/x"]);
});

test("endpoints of the configuration go through the operator's client, which may reach private addresses", async () => {
  const urls: string[] = [];
  const operatorHttp: HttpClient = {
    fetch: async ({ url }) => {
      urls.push(url);
      return { status: 204, headers: {}, body: new Uint8Array(), url };
    },
    close: () => Promise.resolve(),
  };
  const world = await makeWorld(() => 200, { operatorHttp });
  await world.store.settings.declare([
    {
      tenant: { id: "acme", allowCallerIdForwarding: false, maxConcurrentCalls: 1, maxCps: 1, defaultRoute: null },
      apiKeys: [],
      numbers: [],
      routes: [],
      sipUsers: [],
      webhooks: [makeWebhook({ url: "http://127.0.0.1:9000/hooks" })],
    },
  ]);
  await world.store.settings.saveWebhook(makeWebhook({ id: "voepy_whk_2", url: "https://api.test/" }));
  await world.emit("c1", 1);
  await world.advance(0);
  expect(urls).toEqual(["http://127.0.0.1:9000/hooks"]);
  expect(world.received.map(({ url }) => url)).toEqual(["https://api.test/"]);
});

test("deliveries left by a process that died are sent by the next one", async () => {
  const world = await makeWorld(() => 200);
  await world.sender.close();
  await world.store.settings.saveWebhook(makeWebhook());
  await world.emit("c1", 1);
  await world.advance(SECOND_MS);
  expect(world.received).toEqual([]);
  const urls: string[] = [];
  const http: HttpClient = {
    fetch: async ({ url }) => {
      urls.push(url);
      return { status: 200, headers: {}, body: new Uint8Array(), url };
    },
    close: () => Promise.resolve(),
  };
  const clock = { ...systemClock, wallMs: () => NOON + HOUR_MS };
  const next = makeWebhookSender({
    store: world.store,
    http,
    clock,
    random: world.random,
    log: silentLog,
    version: "1",
  });
  next.start();
  await world.advance(0);
  await next.close();
  expect(urls).toEqual(["https://hooks.test/a"]);
});

test("a result that the store does not take at once is kept until it does, and nothing is sent twice", async () => {
  let refusals = 3;
  const world = await makeWorld(() => 200, {
    wrapStore: (store) => ({
      ...store,
      deliveries: {
        ...store.deliveries,
        update: (delivery) =>
          refusals-- > 0
            ? Promise.reject(new CodedError("internal_error", "disk full"))
            : store.deliveries.update(delivery),
      },
    }),
  });
  await world.store.settings.saveWebhook(makeWebhook());
  await world.emit("c1", 1);
  await world.emit("c1", 2);
  await world.advance(60 * SECOND_MS);
  expect(told(world.received)).toEqual(["c1 1", "c1 2"]);
  expect(await world.store.deliveries.pendingCount()).toBe(0);
});

test("a store that cannot be read is asked again", async () => {
  let refusals = 3;
  const world = await makeWorld(() => 200, {
    wrapStore: (store) => ({
      ...store,
      deliveries: {
        ...store.deliveries,
        due: (...query) =>
          refusals-- > 0 ? Promise.reject(new CodedError("internal_error", "no")) : store.deliveries.due(...query),
      },
    }),
  });
  await world.store.settings.saveWebhook(makeWebhook());
  await world.emit("c1", 1);
  await world.advance(10 * SECOND_MS);
  expect(told(world.received)).toEqual(["c1 1"]);
});

test("close waits for what is under way and begins nothing new", async () => {
  let answer: (status: number) => void = () => undefined;
  const world = await makeWorld(() => new Promise<number>((resolve) => (answer = resolve)));
  await world.store.settings.saveWebhook(makeWebhook());
  await world.emit("c1", 1);
  await world.emit("c1", 2);
  await world.advance(0);
  let isClosed = false;
  const closing = world.sender.close().then(() => (isClosed = true));
  await world.advance(0);
  expect(isClosed).toBe(false);
  answer(200);
  await closing;
  await world.emit("c1", 3);
  await world.advance(SECOND_MS);
  expect(told(world.received)).toEqual(["c1 1"]);
  expect(await world.store.deliveries.pendingCount()).toBe(2);
});
