import { expect, test } from "vitest";
import { makeCall, memoryStore, NOON } from "../../test/records.ts";
import type { CallFilter, Store } from "../store.ts";

async function storeWith(count: number): Promise<Store> {
  const store = await memoryStore();
  await store.commit({
    calls: Array.from({ length: count }, (_, i) =>
      makeCall({
        id: `c${String(i).padStart(3, "0")}`,
        // Three calls a millisecond: time alone does not order them.
        initiatedAt: NOON + Math.floor(i / 3),
        direction: i % 2 === 0 ? "inbound" : "outbound",
        status: i % 5 === 0 ? "answered" : "ended",
        from: `+1512555010${i % 4}`,
        to: `+1512555020${i % 3}`,
        customerReference: i % 7 === 0 ? "seven" : null,
      }),
    ),
  });
  return store;
}

const idsOf = async (store: Store, filter: CallFilter): Promise<string[]> =>
  (await store.calls.list("acme", filter, { limit: 200 })).rows.map((call) => call.id);

test("pages go from the newest to the oldest without gap or double, while new calls come in", async () => {
  const store = await storeWith(25);
  const before = await idsOf(store, {});
  const seen: string[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < 10; page++) {
    const { rows, nextCursor } = await store.calls.list("acme", {}, { limit: 4, cursor });
    seen.push(...rows.map((call) => call.id));
    await store.commit({ calls: [makeCall({ id: `new${page}`, initiatedAt: NOON + 1000 + page })] });
    if (nextCursor === null) break;
    cursor = nextCursor;
  }
  expect(seen).toEqual(before);
  expect(before[0]).toBe("c024");
  expect(before.at(-1)).toBe("c000");
});

test("the last page has no cursor, not even when it is full", async () => {
  const store = await storeWith(6);
  const first = await store.calls.list("acme", {}, { limit: 3 });
  const second = await store.calls.list("acme", {}, { limit: 3, cursor: first.nextCursor ?? "" });
  expect([first.rows.length, second.rows.length, second.nextCursor]).toEqual([3, 3, null]);
});

test("every combination of filters gives what a plain search gives", async () => {
  const store = await storeWith(60);
  const all = (await store.calls.list("acme", {}, { limit: 200 })).rows;
  for (let mask = 0; mask < 128; mask++) {
    const filter: CallFilter = {
      ...(mask & 1 && { status: "answered" }),
      ...(mask & 2 && { direction: "inbound" }),
      ...(mask & 4 && { fromNumber: "+15125550100" }),
      ...(mask & 8 && { toNumber: "+15125550200" }),
      ...(mask & 16 && { customerReference: "seven" }),
      ...(mask & 32 && { initiatedAfter: NOON + 4 }),
      ...(mask & 64 && { initiatedBefore: NOON + 14 }),
    };
    const wanted = all.filter(
      (call) =>
        (!filter.status || call.status === filter.status) &&
        (!filter.direction || call.direction === filter.direction) &&
        (!filter.fromNumber || call.from === filter.fromNumber) &&
        (!filter.toNumber || call.to === filter.toNumber) &&
        (!filter.customerReference || call.customerReference === filter.customerReference) &&
        (filter.initiatedAfter === undefined || call.initiatedAt >= filter.initiatedAfter) &&
        (filter.initiatedBefore === undefined || call.initiatedAt < filter.initiatedBefore),
    );
    expect(await idsOf(store, filter), JSON.stringify(filter)).toEqual(wanted.map((call) => call.id));
  }
});

test("a tenant sees its own calls only", async () => {
  const store = await storeWith(3);
  expect((await store.calls.list("other", {}, { limit: 10 })).rows).toEqual([]);
});

test("quotes and percent signs in a filter are text", async () => {
  const store = await storeWith(3);
  expect(await idsOf(store, { fromNumber: "' OR 1=1 --", toNumber: "%" })).toEqual([]);
});
