import { CodedError, type ErrorCode } from "@voepy/base";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { errorStatus } from "../src/index.ts";
import { errorOf } from "./read.ts";
import { makeWorld, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await makeWorld();
});
afterAll(() => world.close());

const DIAL = { from: "+15125550100", to: "+15558675309" };
const post = (body: unknown, headers: Record<string, string> = {}) =>
  world.ask("/v1/calls", { method: "POST", body, headers });

async function codeOf(answer: Response): Promise<[number, string]> {
  const error = await errorOf(answer);
  expect(answer.headers.get("content-type")).toMatch("application/json");
  expect(error.request_id).toBe(answer.headers.get("x-request-id"));
  return [answer.status, error.code];
}

describe("a body", () => {
  test("with three wrong fields is refused with all three named", async () => {
    const answer = await post({ ...DIAL, to: "call me", timeout_secs: 0, colour: "red" });
    expect(answer.status).toBe(400);
    const error = await errorOf(answer);
    expect(error.details?.errors?.map(({ param }) => param)).toEqual(["to", "timeout_secs", "colour"]);
    expect(error.param).toBe("to");
    expect(world.calls.dialled).toEqual([]);
  });

  test("that is not JSON, or not UTF-8, is refused", async () => {
    expect(await codeOf(await post('{"from": '))).toEqual([400, "invalid_request"]);
    expect(await codeOf(await post(Uint8Array.of(0x22, 0xff, 0x22)))).toEqual([400, "invalid_request"]);
    expect(await codeOf(await post("[]"))).toEqual([400, "invalid_request"]);
    expect(await codeOf(await post("null"))).toEqual([400, "invalid_request"]);
  });

  test("of another type is refused with 415, a charset is no other type", async () => {
    const type = (value: string) => ({ "content-type": value });
    expect(await codeOf(await post("a=b", type("application/x-www-form-urlencoded")))).toEqual([
      415,
      "unsupported_media_type",
    ]);
    expect(await codeOf(await post(DIAL, type("text/plain")))).toEqual([415, "unsupported_media_type"]);
    expect((await post(DIAL, type("Application/JSON; charset=utf-8"))).status).toBe(201);
  });

  test("may have one MiB and not a byte more, declared or streamed", async () => {
    const padded = (sizeBytes: number) => `{"x":"${"y".repeat(sizeBytes - 8)}"}`;
    expect(await codeOf(await post(padded(1_048_576)))).toEqual([400, "invalid_request"]);
    expect(await codeOf(await post(padded(1_048_577)))).toEqual([413, "payload_too_large"]);
    expect(await codeOf(await post("{}", { "content-length": "1048577" }))).toEqual([413, "payload_too_large"]);
  });

  test("nests 64 levels at most", async () => {
    const nested = (levels: number) => `${'{"x":'.repeat(levels)}1${"}".repeat(levels)}`;
    const error = await errorOf(await post(nested(65)));
    expect(error.message).toContain("64 levels");
    expect((await errorOf(await post(nested(64)))).details?.errors).toContainEqual({
      param: "x",
      message: "unknown field",
    });
    expect(await codeOf(await post("[".repeat(500_000) + "]".repeat(500_000)))).toEqual([400, "invalid_request"]);
  });

  test("that is absent counts as an empty object", async () => {
    expect((await errorOf(await world.ask("/v1/calls", { method: "POST" }))).param).toBe("from");
  });
});

describe("a path", () => {
  test("that is unknown is 404, under /v1 as anywhere", async () => {
    for (const path of [
      "/",
      "/v1",
      "/v1/nothing",
      "/v1/calls/x/actions/fly",
      "/v1/calls/",
      "/docs/../x",
      "/v1/calls/%",
    ])
      expect(await codeOf(await world.ask(path))).toEqual([404, "not_found"]);
  });

  test("with another method is 405 and says what it allows (RFC 9110 §15.5.6)", async () => {
    const methods = async (path: string, method: string) => {
      const answer = await world.ask(path, { method });
      expect(await codeOf(answer)).toEqual([405, "method_not_allowed"]);
      return answer.headers.get("allow");
    };
    expect(await methods("/v1/calls", "DELETE")).toBe("POST, GET, HEAD");
    expect(await methods("/v1/calls/x/actions/hangup", "PUT")).toBe("POST");
    expect(await methods("/v1/recordings/x", "PATCH")).toBe("GET, HEAD, DELETE");
    expect(await methods("/healthz", "POST")).toBe("GET, HEAD");
  });
});

describe("a query", () => {
  test("with unknown, wrong and repeated names is refused with all of them named", async () => {
    const error = await errorOf(await world.ask("/v1/calls?statuz=ended&limit=0&direction=inbound&direction=x"));
    expect(error.details?.errors?.map(({ param }) => param).toSorted()).toEqual(["direction", "limit", "statuz"]);
  });
});

describe("a refusal", () => {
  test.each(Object.entries(errorStatus))("%s has status %i and the one envelope", async (code, status) => {
    world.calls.refuse = new CodedError(code as ErrorCode, "no", { param: "to" }); // keys of errorStatus
    const answer = await post(DIAL);
    expect(answer.status).toBe(status);
    const error = await errorOf(answer);
    expect(error.code).toBe(code);
    expect(Object.keys(error)).toEqual(
      code === "internal_error" ? ["code", "message", "request_id"] : ["code", "message", "param", "request_id"],
    );
    expect(answer.headers.has("retry-after")).toBe(
      status === 429 || status === 503 || code === "idempotency_key_in_use",
    );
  });

  test("for a bug of ours shows neither message nor stack nor path, and the log has them", async () => {
    world.calls.refuse = new Error("SQLITE_CORRUPT: /var/lib/voepy/voepy.db");
    const answer = await post(DIAL, { "x-request-id": "find-me" });
    const text = await answer.text();
    expect(answer.status).toBe(500);
    expect(text).not.toMatch(/SQLITE|\/var|at /);
    expect(world.logged.at(-1)).toMatchObject({
      fact: "request failed",
      fields: {
        requestId: "find-me",
        tenantId: "default",
        error: { message: "SQLITE_CORRUPT: /var/lib/voepy/voepy.db" },
      },
    });
  });

  test("is no line in the log when it is the client's fault", async () => {
    const before = world.logged.length;
    await post({});
    await world.ask("/v1/calls/none");
    expect(world.logged.length).toBe(before);
  });
});

describe("a server that drains", () => {
  test("refuses new calls with 503 and Retry-After, and still answers the rest", async () => {
    world.isDraining = true;
    const refused = await post(DIAL);
    expect(await codeOf(refused)).toEqual([503, "draining"]);
    expect(refused.headers.get("retry-after")).toBe("30");
    expect((await world.ask("/v1/calls")).status).toBe(200);
    expect((await world.ask("/healthz")).status).toBe(200);
    expect((await world.ask("/readyz")).status).toBe(503);
    world.isDraining = false;
    expect((await world.ask("/readyz")).status).toBe(200);
    world.isReady = false;
    expect(await (await world.ask("/readyz")).json()).toEqual({ status: "starting" });
    world.isReady = true;
  });
});

describe("/metrics", () => {
  test("counts answers, and shows what the server counts", async () => {
    const own = await makeWorld({ metrics: async () => ({ voepy_calls_live: 2 }) });
    await own.ask("/healthz");
    await own.ask("/v1/calls/none");
    await own.ask("/healthz", { method: "BREW" });
    const answer = await own.ask("/metrics");
    expect(answer.headers.get("content-type")).toMatch("text/plain");
    const lines = (await answer.text()).split("\n");
    expect(lines).toContain('voepy_http_requests_total{method="GET",status="2xx"} 1');
    expect(lines).toContain('voepy_http_requests_total{method="GET",status="4xx"} 1');
    expect(lines).toContain('voepy_http_requests_total{method="other",status="4xx"} 1');
    expect(lines).toContain("voepy_calls_live 2");
    await own.close();
  });
});
