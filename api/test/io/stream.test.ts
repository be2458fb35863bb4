import { type IncomingMessage, request } from "node:http";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Listening } from "../../src/index.ts";
import { START_MS } from "../clock.ts";
import { errorOf, resourceOf } from "../read.ts";
import { aCall, KEYS, makeWorld, type World } from "../world.ts";

const authorization = `Bearer ${KEYS.all}`;

let world: World;
let server: Listening;
let base = "";
beforeEach(async () => {
  world = await makeWorld();
  server = await world.api.listen({ host: "127.0.0.1", port: 0 });
  base = `http://127.0.0.1:${server.port}`;
  await world.store.commit({ calls: [aCall("voepy_call_A")] });
});
afterEach(async () => {
  await server.close();
  await world.close();
});

async function emit(first: number, last: number, more = ""): Promise<void> {
  const events = Array.from({ length: last - first + 1 }, (_, i) => ({
    id: `voepy_evt_${first + i}`,
    tenantId: "default",
    callId: "voepy_call_A",
    eventType: "call.dtmf_received",
    occurredAt: START_MS,
    sequence: first + i,
    data: JSON.stringify({ more }),
    webhookUrl: null,
  }));
  await world.store.commit({ events });
}

/** The response to a request for the stream, paused: nothing is read until it is asked for. */
function follow(lastEventId?: string): Promise<IncomingMessage> {
  const headers = { authorization, ...(lastEventId === undefined ? {} : { "last-event-id": lastEventId }) };
  return new Promise((resolve, reject) => {
    request(`${base}/v1/events/stream`, { headers }, resolve).once("error", reject).end();
  });
}

async function idsUntil(stream: IncomingMessage, last: string): Promise<string[]> {
  const ids: string[] = [];
  for await (const line of createInterface({ input: stream })) {
    if (line.startsWith("id: ")) ids.push(line.slice(4));
    if (ids.at(-1) === last) break;
  }
  stream.destroy();
  return ids;
}

test("events reach a follower as they are committed", async () => {
  const stream = await follow();
  expect(stream.headers["content-type"]).toBe("text/event-stream");
  await emit(1, 3);
  expect(await idsUntil(stream, "voepy_evt_3")).toEqual(["voepy_evt_1", "voepy_evt_2", "voepy_evt_3"]);
});

test("a follower that does not read costs a bounded number of events in memory, and misses none", async () => {
  const { events } = world.store;
  const read = { batches: 0 };
  const counting = {
    ...world.store,
    events: {
      ...events,
      after: (...asked: Parameters<typeof events.after>) => {
        read.batches += 1;
        return events.after(...asked);
      },
    },
  };
  const own = await makeWorld({ store: counting });
  const listening = await own.api.listen({ host: "127.0.0.1", port: 0 });
  // Twenty megabytes: far more than sockets hold.
  for (let first = 1; first <= 20_000; first += 1000) await emit(first, first + 999, "x".repeat(1000));
  const stream = await new Promise<IncomingMessage>((resolve) => {
    const headers = { authorization, "last-event-id": "voepy_evt_1" };
    request(`http://127.0.0.1:${listening.port}/v1/events/stream`, { headers }, resolve).end();
  });
  let before = -1;
  while (before !== read.batches) {
    before = read.batches;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect(read.batches).toBeLessThan(150);
  expect(await idsUntil(stream, "voepy_evt_20000")).toHaveLength(19_999);
  await listening.close();
  await own.close();
});

test("a follower who goes away makes room for another", async () => {
  const streams = [];
  for (let i = 0; i < 100; i++) streams.push(await follow());
  const refused = await fetch(`${base}/v1/events/stream`, { headers: { authorization } });
  expect((await errorOf(refused)).code).toBe("rate_limited");
  for (const stream of streams) stream.destroy();
  await expect.poll(async () => (await follow()).statusCode).toBe(200);
});

test("the server closes without waiting for those who follow", async () => {
  const stream = await follow();
  const ended = idsUntil(stream, "never");
  await server.close();
  expect(await ended).toEqual([]);
});

test("a file is uploaded as browsers and curl do it", async () => {
  const form = new FormData();
  form.set("name", "greeting");
  const wav = Buffer.concat([Buffer.from("RIFF\0\0\0\0WAVE"), Buffer.alloc(3_000_000)]);
  form.set("file", new Blob([Uint8Array.from(wav)]), "greeting.wav");
  const answer = await fetch(`${base}/v1/media`, { method: "POST", body: form, headers: { authorization } });
  expect(await resourceOf(answer)).toMatchObject({ name: "greeting", size_bytes: 3_000_012 });
});

test("an upload that is too large is refused before it is read, and the server goes on", async () => {
  const body = new Uint8Array(60_000_000);
  const headers = { authorization, "content-type": "multipart/form-data; boundary=b" };
  const answer = await fetch(`${base}/v1/media`, { method: "POST", body, headers });
  expect((await errorOf(answer)).code).toBe("payload_too_large");
  expect((await fetch(`${base}/healthz`)).status).toBe(200);
});
