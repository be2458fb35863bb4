import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { errorOf } from "./read.ts";
import { aCall, makeWorld, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await makeWorld({ limits: { requestsPerSec: 1e6, burst: 1e6 } });
  await world.store.commit({ calls: [aCall("voepy_call_A")] });
});
afterAll(() => world.close());

const SEED = 20_260_512;
const POSTS = [
  "/v1/calls",
  "/v1/webhooks",
  "/v1/sandbox/calls",
  ...["answer", "hangup", "play", "send_dtmf"].map((verb) => `/v1/calls/voepy_call_A/actions/${verb}`),
];
const GETS = ["/v1/calls", "/v1/recordings", "/v1/calls/voepy_call_A", "/v1/recordings/x/download", "/v1/nothing"];
const FIELDS = ["from", "to", "url", "events", "digits", "limit", "cursor", "record", "__proto__", "constructor", ""];

/** Half-right requests: known names with any value. */
const body = fc.dictionary(fc.oneof(fc.constantFrom(...FIELDS), fc.string()), fc.jsonValue(), { maxKeys: 6 });

/** Never a 5xx of ours but "not configured", and an envelope for every refusal. */
async function expectClearAnswer(answer: Response): Promise<void> {
  if (answer.status >= 400) expect((await errorOf(answer)).code).not.toBe("internal_error");
}

describe("whatever is sent", () => {
  test("as a body gets a documented answer", async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...POSTS), fc.oneof(body, fc.jsonValue(), fc.string()), async (path, sent) => {
        await expectClearAnswer(await world.ask(path, { method: "POST", body: sent }));
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  test("as a query gets a documented answer", async () => {
    const query = fc.array(fc.tuple(fc.oneof(fc.constantFrom(...FIELDS), fc.string()), fc.string()), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...GETS), query, async (path, pairs) => {
        await expectClearAnswer(await world.ask(`${path}?${new URLSearchParams(pairs)}`));
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  test("as an id in a path gets a documented answer", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary" }), fc.constantFrom("", "/events", "/download"), async (id, rest) => {
        const kind = rest === "/download" ? "recordings" : "calls";
        await expectClearAnswer(await world.ask(`/v1/${kind}/${encodeURIComponent(id.toWellFormed())}${rest}`));
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  test.each([["?__proto__=1"], ["?constructor=1&constructor=2"], ["?toString=1"], ["?%=%"], ["?a=%ff"]])(
    "the query %s",
    async (query) => {
      expect((await world.ask(`/v1/calls${query}`)).status).toBe(400);
    },
  );
});
