import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { event as eventSchema } from "../src/openapi/resources.ts";
import { START_MS } from "./clock.ts";
import { errorOf, jsonOf, listOf } from "./read.ts";
import { aCall, KEYS, makeWorld, type World } from "./world.ts";

let world: World;
beforeEach(async () => {
  world = await makeWorld();
  await world.store.commit({
    calls: [aCall("voepy_call_A"), aCall("voepy_call_B", { tenantId: "other" })],
  });
});
afterEach(() => world.close());

const emit = (sequence: number, more: { callId?: string; tenantId?: string; eventType?: string } = {}) => {
  const { callId = "voepy_call_A", tenantId = "default", eventType = "call.started" } = more;
  const event = {
    id: `voepy_evt_${callId}_${sequence}`,
    tenantId,
    callId,
    eventType,
    occurredAt: START_MS,
    sequence,
    data: JSON.stringify({ call_id: callId }),
    webhookUrl: null,
  };
  return world.store.commit({ events: [event] });
};
const idOf = (sequence: number) => `voepy_evt_voepy_call_A_${sequence}`;

describe("the replay", () => {
  test("gives events oldest first, in pages that go on where the last ended", async () => {
    for (const sequence of [1, 2, 3]) await emit(sequence);
    await emit(1, { callId: "voepy_call_B", tenantId: "other" });
    const first = await listOf(await world.ask("/v1/events?limit=2"));
    expect(first.data.map(({ id }) => id)).toEqual([idOf(1), idOf(2)]);
    expect(first).toMatchObject({ has_more: true, next_cursor: idOf(2) });
    expect(eventSchema.parse(first.data[0])).toEqual(first.data[0]);
    const second = await listOf(await world.ask(`/v1/events?limit=2&after=${first.next_cursor}`));
    expect(second.data.map(({ id }) => id)).toEqual([idOf(3)]);
    expect(second).toMatchObject({ has_more: false, next_cursor: null });
    await emit(4);
    expect((await listOf(await world.ask(`/v1/events?after=${idOf(3)}`))).data.map(({ id }) => id)).toEqual([idOf(4)]);
  });

  test("knows no event of another tenant, neither in it nor as a place to begin", async () => {
    await emit(1);
    const headers = { authorization: `Bearer ${KEYS.other}` };
    expect((await listOf(await world.ask("/v1/events", { headers }))).data).toEqual([]);
    expect((await errorOf(await world.ask(`/v1/events?after=${idOf(1)}`, { headers }))).param).toBe("after");
  });
});

/** The text of a stream until it holds `until`, then the stream is given up. */
async function read(answer: Response, until: string): Promise<string> {
  const reader = answer.body?.getReader();
  const decoder = new TextDecoder();
  let text = "";
  while (!text.includes(until)) {
    const chunk = await reader?.read();
    if (chunk === undefined || chunk.done) return `${text}[end]`;
    text += decoder.decode(chunk.value);
  }
  await reader?.cancel();
  return text;
}
const idsIn = (text: string) => [...text.matchAll(/^id: (.+)$/gm)].map(([, id]) => id);

describe("the stream", () => {
  test("tells what happens from now on, as Server-Sent Events", async () => {
    await emit(1);
    const answer = await world.ask("/v1/events/stream");
    expect(answer.headers.get("content-type")).toBe("text/event-stream");
    await emit(2, { eventType: "call.answered" });
    const text = await read(answer, idOf(2));
    expect(idsIn(text)).toEqual([idOf(2)]);
    expect(text).toContain("event: call.answered\n");
    const data = JSON.parse(/^data: (.+)$/m.exec(text)?.[1] ?? "");
    expect(data).toEqual(eventSchema.parse(data));
  });

  test("goes on where it broke off, without a hole or a double, into what happens live", async () => {
    for (let sequence = 1; sequence <= 250; sequence++) await emit(sequence);
    const answer = await world.ask("/v1/events/stream", { headers: { "last-event-id": idOf(5) } });
    const text = read(answer, `${idOf(252)}\n`);
    await emit(251);
    await emit(252);
    expect(idsIn(await text)).toEqual(Array.from({ length: 247 }, (_, i) => idOf(i + 6)));
  });

  test("has no event of another tenant, and only those asked for", async () => {
    const answer = await world.ask("/v1/events/stream?events=call.ended,recording.*");
    await emit(1);
    await emit(1, { callId: "voepy_call_B", tenantId: "other", eventType: "call.ended" });
    await emit(2, { eventType: "call.ended" });
    expect(idsIn(await read(answer, idOf(2)))).toEqual([idOf(2)]);
    expect((await world.ask("/v1/events/stream?events=Call.ended")).status).toBe(400);
  });

  test("replays all that is kept after an id that is not", async () => {
    await emit(1);
    const answer = await world.ask("/v1/events/stream", { headers: { "last-event-id": "voepy_evt_long_gone" } });
    expect(idsIn(await read(answer, idOf(1)))).toEqual([idOf(1)]);
  });

  test("ends when its key is deleted", async () => {
    const made = await jsonOf(await world.ask("/v1/api_keys", { method: "POST", body: { name: "follower" } }));
    const headers = { authorization: `Bearer ${String(made.key)}` };
    const answer = await world.ask("/v1/events/stream", { headers });
    const text = read(answer, "never");
    await world.ask(`/v1/api_keys/${String(made.id)}`, { method: "DELETE" });
    expect(await text).toMatch(/\[end\]$/);
  });

  test("is open a bounded number of times, and a HEAD leaves none open", async () => {
    for (let i = 0; i < 150; i++) await world.ask("/v1/events/stream", { method: "HEAD" });
    const open = [];
    for (let i = 0; i < 100; i++) open.push(await world.ask("/v1/events/stream"));
    expect((await errorOf(await world.ask("/v1/events/stream"))).code).toBe("rate_limited");
    await open[0]?.body?.cancel();
    expect((await world.ask("/v1/events/stream")).status).toBe(200);
    for (const answer of open.slice(1)) await answer.body?.cancel();
  });
});
