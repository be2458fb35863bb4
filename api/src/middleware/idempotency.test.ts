import type { IdempotencyRecord, Store } from "@voepy/store";
import { describe, expect, test } from "vitest";
import { makeTestClock } from "../../test/clock.ts";
import { makeIdempotency, type StoredAnswer } from "./idempotency.ts";

type Rows = Store["idempotency"];

const SLOT = { tenantId: "default", path: "/v1/calls", key: "k1", body: {} };
const HASH_OF_EMPTY_OBJECT = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

/** One row, as a table with the unique key would hold it. */
function oneRow(initial: IdempotencyRecord | undefined): Rows {
  let row = initial;
  return {
    async begin(wanted) {
      const found = row;
      row ??= wanted;
      return found;
    },
    async finish(_key, response) {
      if (row !== undefined) row = { ...row, response };
    },
    async abandon() {
      row = undefined;
    },
  };
}

function makeParts(rows: Rows) {
  const acts: number[] = [];
  const idempotency = makeIdempotency({
    store: { idempotency: rows },
    clock: makeTestClock(),
    bootId: "this process",
    recover: async () => undefined,
  });
  const act = async (): Promise<StoredAnswer> => {
    acts.push(acts.length);
    return { status: 201, body: "{}" };
  };
  return { acts, once: () => idempotency.once(SLOT, act) };
}

describe("an idempotency slot", () => {
  test("is taken before the store is asked, so that a slow second request cannot clear the row of the first", async () => {
    const dead: IdempotencyRecord = {
      tenantId: "default",
      path: "/v1/calls",
      key: "k1",
      bodyHash: HASH_OF_EMPTY_OBJECT,
      response: null,
      bootId: "a process that died",
      resourceId: null,
      createdAt: 0,
    };
    const rows = oneRow(dead);
    // Both find the dead row; the second would clear it only after the first has put its own in its place.
    const firstActed = Promise.withResolvers<void>();
    let abandons = 0;
    const { acts, once } = makeParts({
      ...rows,
      async abandon(key) {
        if (abandons++ > 0) await firstActed.promise;
        return rows.abandon(key);
      },
    });
    const first = once().finally(firstActed.resolve);
    const second = once();
    await expect(second).rejects.toMatchObject({ code: "idempotency_key_in_use" });
    expect(await first).toMatchObject({ status: 201, isReplay: false });
    expect(acts).toHaveLength(1);
  });

  test("whose answer could not be stored stays taken, so that a retry acts no second time", async () => {
    const { acts, once } = makeParts({
      ...oneRow(undefined),
      finish: async () => {
        throw new Error("disk full");
      },
    });
    await expect(once()).rejects.toThrow("disk full");
    await expect(once()).rejects.toMatchObject({ code: "idempotency_key_in_use" });
    expect(acts).toHaveLength(1);
  });
});
