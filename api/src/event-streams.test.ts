import { type Clock, idMaker, seededRandom, silentLog } from "@voepy/base";
import { openStore } from "@voepy/store";
import { expect, test } from "vitest";
import { makeEventStreams } from "./event-streams.ts";

/** A clock whose timers a test fires itself. */
function handClock(): Clock & { fire(): void } {
  const timers = new Set<{ atMs: number; run: () => void }>();
  let nowMs = 0;
  return {
    nowMs: () => nowMs,
    wallMs: () => nowMs,
    schedule(atMs, run) {
      const timer = { atMs, run };
      timers.add(timer);
      return { cancel: () => void timers.delete(timer) };
    },
    fire() {
      for (const timer of timers) {
        nowMs = timer.atMs;
        timers.delete(timer);
        timer.run();
      }
    },
  };
}

test("a stream ends within 15 s of its key's expiry, and asks for the key no more often", async () => {
  const clock = handClock();
  const store = await openStore({ path: ":memory:", clock, makeId: idMaker(clock, seededRandom(1)), log: silentLog });
  const streams = makeEventStreams(store, clock);
  const asked = { times: 0, isGood: true };
  const isValid = async () => {
    asked.times += 1;
    return asked.isGood;
  };
  const reader = streams.follow({ id: "k", tenantId: "t", scopes: ["*"], isValid }, 0, ["*"]).getReader();
  await reader.read();
  for (let i = 0; i < 3; i++) {
    const id = `voepy_evt_${i}`;
    const event = { id, tenantId: "t", callId: null, eventType: "route.up", occurredAt: 0, sequence: 0 };
    await store.commit({ events: [{ ...event, data: "{}", webhookUrl: null }] });
    expect(new TextDecoder().decode((await reader.read()).value)).toContain(id);
  }
  expect(asked.times).toBe(1);
  asked.isGood = false;
  const end = reader.read();
  await new Promise((resolve) => setImmediate(resolve));
  clock.fire();
  // The heartbeat that was due, then no more.
  if (!(await end).done) expect((await reader.read()).done).toBe(true);
  expect(asked.times).toBe(2);
  await store.close();
});

test("a quiet stream says every 15 s that it is there, and ends with the server", async () => {
  const clock = handClock();
  const store = await openStore({
    path: ":memory:",
    clock,
    makeId: idMaker(clock, seededRandom(1)),
    log: silentLog,
  });
  const streams = makeEventStreams(store, clock);
  const key = { id: "k", tenantId: "t", scopes: ["*"], isValid: async () => true };
  const reader = streams.follow(key, 0, ["*"]).getReader();
  const next = async () => new TextDecoder().decode((await reader.read()).value);
  expect(await next()).toBe("retry: 2000\n\n");
  const beat = next();
  await new Promise((resolve) => setImmediate(resolve));
  clock.fire();
  expect(await beat).toBe(": still here\n\n");
  expect(clock.nowMs()).toBe(15_000);
  const end = reader.read();
  streams.close();
  expect((await end).done).toBe(true);
  await store.close();
});
