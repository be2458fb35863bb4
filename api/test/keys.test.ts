import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { errorOf } from "./read.ts";
import { KEYS, makeWorld, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await makeWorld();
});
afterAll(() => world.close());

const withKey = (authorization: string) => ({ headers: { authorization } });

describe("an API key", () => {
  test("opens what its scopes say", async () => {
    expect((await world.ask("/v1/calls", withKey(`Bearer ${KEYS.reader}`))).status).toBe(200);
    expect((await world.ask("/v1/calls", withKey(`bearer  ${KEYS.reader}`))).status).toBe(200);
  });

  test("that lacks a scope is told which (RFC 6750 §3.1)", async () => {
    const answer = await world.ask("/v1/recordings", withKey(`Bearer ${KEYS.reader}`));
    expect(answer.status).toBe(403);
    expect(answer.headers.get("www-authenticate")).toBe(
      'Bearer realm="voepy", error="insufficient_scope", scope="recordings:read"',
    );
    const error = await errorOf(answer);
    expect(error).toMatchObject({ code: "forbidden", details: { scope: "recordings:read" } });
    expect(error.message).toContain("recordings:read");
  });

  test("that is missing gets 401 without an error code (RFC 6750 §3.1)", async () => {
    const answer = await world.api.app.request("/v1/calls");
    expect(answer.status).toBe(401);
    expect(answer.headers.get("www-authenticate")).toBe('Bearer realm="voepy"');
    expect((await errorOf(answer)).code).toBe("unauthorized");
  });

  test.each([
    ["unknown", `Bearer ${KEYS.all}x`],
    ["cut short", `Bearer ${KEYS.all.slice(0, -1)}`],
    ["expired", `Bearer ${KEYS.expired}`],
    ["sent as Basic", `Basic ${KEYS.all}`],
    ["empty", "Bearer "],
    ["with a blank in it", `Bearer ${KEYS.all} x`],
    ["far too long", `Bearer ${"k".repeat(5000)}`],
  ])("that is %s is refused, all in the same words", async (_what, authorization) => {
    const answer = await world.ask("/v1/calls", withKey(authorization));
    expect(answer.status).toBe(401);
    expect(answer.headers.get("www-authenticate")).toBe('Bearer realm="voepy", error="invalid_token"');
    expect((await errorOf(answer)).message).toBe("the API key is unknown or has expired");
  });
});

describe("a request id", () => {
  test("is taken from the client and returned, in errors too", async () => {
    const answer = await world.ask("/v1/calls/none", { headers: { "x-request-id": "trace-42.a:b" } });
    expect(answer.headers.get("x-request-id")).toBe("trace-42.a:b");
    expect((await errorOf(answer)).request_id).toBe("trace-42.a:b");
  });

  test.each([["a b"], ["x".repeat(129)], ['"><script>'], [""]])("%j is not taken", async (id) => {
    const answer = await world.ask("/healthz", { headers: { "x-request-id": id } });
    expect(answer.headers.get("x-request-id")).toMatch(/^voepy_req_[0-9A-Z]{26}$/);
  });
});

describe("the rate of a key", () => {
  test("is held by a bucket that fills with time, and told in headers", async () => {
    const own = await makeWorld({ limits: { requestsPerSec: 2, burst: 3 } });
    const left = async () => (await own.ask("/v1/calls")).headers.get("ratelimit-remaining");
    expect([await left(), await left(), await left()]).toEqual(["2", "1", "0"]);
    const refused = await own.ask("/v1/calls");
    expect(refused.status).toBe(429);
    expect((await errorOf(refused)).code).toBe("rate_limited");
    expect(Object.fromEntries(refused.headers)).toMatchObject({
      "ratelimit-limit": "3",
      "ratelimit-remaining": "0",
      "ratelimit-reset": "2",
      "retry-after": "1",
    });
    // Another key is another bucket, and half a second is one request.
    expect((await own.ask("/v1/calls", withKey(`Bearer ${KEYS.other}`))).status).toBe(200);
    own.clock.advance(500);
    expect((await own.ask("/v1/calls")).status).toBe(200);
    expect((await own.ask("/v1/calls")).status).toBe(429);
    await own.close();
  });
});
