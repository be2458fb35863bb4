import { idMaker, seededRandom, silentLog } from "@voepy/base";
import { openStore, type Store } from "@voepy/store";
import { VirtualClock } from "@voepy/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Housekeeping, startHousekeeping } from "./housekeeping.ts";

const HOUR_MS = 3_600_000;

let clock: VirtualClock;
let store: Store;
let removed: string[];
let locked: Set<string>;
let housekeeping: Housekeeping;

beforeEach(async () => {
  clock = new VirtualClock();
  store = await openStore({ path: ":memory:", clock, makeId: idMaker(clock, seededRandom(1)), log: silentLog });
  removed = [];
  locked = new Set();
});
afterEach(async () => {
  await housekeeping.close();
  await store.close();
});

function start(retentionDays: number): void {
  const remove = async (path: string): Promise<void> => {
    if (locked.has(path)) throw new Error("EBUSY");
    removed.push(path);
  };
  housekeeping = startHousekeeping({ store, files: { remove }, clock, log: silentLog, retentionDays });
}

async function record(...ids: string[]): Promise<void> {
  const call = {
    id: "c",
    tenantId: "t",
    nodeId: "n",
    direction: "outbound" as const,
    status: "ended" as const,
    from: "+15125550100",
    to: "+15125550101",
    routeId: null,
    initiatedAt: clock.wallMs(),
    answeredAt: null,
    endedAt: null,
    endReason: null,
    endInitiator: null,
    sipCode: null,
    sipReason: null,
    q850Cause: null,
    customerReference: null,
    clientState: null,
    webhookUrl: null,
    bridgeId: null,
    costCents: null,
    ratingStatus: "unrated" as const,
    sequence: 0,
  };
  const recordings = ids.map((id) => ({
    id,
    tenantId: "t",
    callId: "c",
    legId: "l",
    channels: "dual" as const,
    format: "wav" as const,
    status: "available" as const,
    path: `${id}.wav`,
    durationMs: 1,
    sizeBytes: 1,
    error: null,
    createdAt: clock.wallMs(),
  }));
  await clock.resolve(store.commit({ calls: [call], recordings }));
}

const emit = (sequence: number) =>
  clock.resolve(
    store.commit({
      events: [
        {
          id: `e${sequence}`,
          tenantId: "t",
          callId: null,
          eventType: "route.up",
          occurredAt: clock.wallMs(),
          sequence: 0,
          data: "{}",
          webhookUrl: null,
        },
      ],
    }),
  );
/** Hour by hour, so that each round ends before the next begins. */
async function hours(count: number): Promise<void> {
  for (let hour = 0; hour < count; hour++) await clock.advance(HOUR_MS);
}
const statusOf = async (id: string) => (await store.recordings.find(id))?.status;

test("a recording expires when its days are over: first the file, then the row says so", async () => {
  start(2);
  await record("r1");
  await hours(24);
  await record("r2");
  expect(removed).toEqual([]);
  await hours(25);
  expect(removed).toEqual(["r1.wav"]);
  expect([await statusOf("r1"), await statusOf("r2")]).toEqual(["expired", "available"]);
});

test("all that has expired goes in one round, and what cannot be removed is tried again the next", async () => {
  start(1);
  await record(...Array.from({ length: 250 }, (_, i) => `r${i}`));
  locked.add("r7.wav");
  await hours(27);
  expect(new Set(removed).size).toBe(249);
  expect(await statusOf("r7")).toBe("available");
  locked.clear();
  await hours(1);
  expect(await statusOf("r7")).toBe("expired");
});

test("zero days are for ever", async () => {
  start(0);
  await record("r1");
  await hours(60 * 24);
  expect(removed).toEqual([]);
});

test("events go after thirty days, except the newest", async () => {
  start(0);
  await emit(1);
  await emit(2);
  await hours(29 * 24);
  expect((await store.events.after("t", 0, 10)).rows).toHaveLength(2);
  await hours(2 * 24);
  expect((await store.events.after("t", 0, 10)).rows.map(({ id }) => id)).toEqual(["e2"]);
});
