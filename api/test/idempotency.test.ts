import { CodedError } from "@voepy/base";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { errorOf, resourceOf } from "./read.ts";
import { KEYS, makeWorld, type World } from "./world.ts";

let world: World;
beforeEach(async () => {
  world = await makeWorld();
});
afterEach(() => world.close());

const DIAL = { from: "+15125550100", to: "+15558675309" };
const PATH = "/v1/calls";

function dial(at: World, key: string, body: unknown = DIAL, headers: Record<string, string> = {}): Promise<Response> {
  return at.ask(PATH, { method: "POST", body, headers: { "idempotency-key": key, ...headers } });
}

const codeOf = async (answer: Response): Promise<string> => (await errorOf(answer)).code;

describe("Idempotency-Key", () => {
  test("gives the same request the same answer, and acts once", async () => {
    const first = await dial(world, "k1");
    const again = await dial(world, "k1", '{ "to":"+15558675309",\n"from":"+15125550100" }');
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(first.headers.has("idempotent-replayed")).toBe(false);
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    expect(again.headers.get("content-type")).toMatch("application/json");
    expect(await again.text()).toBe(await first.text());
    expect(world.calls.dialled).toHaveLength(1);
  });

  test("with another body is 422", async () => {
    await dial(world, "k1");
    const other = await dial(world, "k1", { ...DIAL, to: "+15558675310" });
    expect(other.status).toBe(422);
    expect(await codeOf(other)).toBe("idempotency_key_reused");
    expect(world.calls.dialled).toHaveLength(1);
  });

  test("lets twenty equal posts at one instant dial once", async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => dial(world, "k1")));
    const statuses = answers.map((answer) => answer.status).toSorted();
    expect(statuses).toEqual([201, ...Array.from({ length: 19 }, () => 409)]);
    expect(world.calls.dialled).toHaveLength(1);
    const refused = answers.find((answer) => answer.status === 409);
    expect(refused && (await codeOf(refused))).toBe("idempotency_key_in_use");
    expect(refused?.headers.get("retry-after")).toBe("1");
  });

  test("in flight with another body is 422 already", async () => {
    const opened = Promise.withResolvers<void>();
    world.calls.gate = opened.promise;
    const first = dial(world, "k1");
    await expect.poll(() => dial(world, "k1").then((answer) => answer.status)).toBe(409);
    expect((await dial(world, "k1", { ...DIAL, timeout_secs: 5 })).status).toBe(422);
    opened.resolve();
    expect((await first).status).toBe(201);
  });

  test("belongs to a tenant and a path", async () => {
    await dial(world, "k1");
    const others = await dial(world, "k1", DIAL, { authorization: `Bearer ${KEYS.other}` });
    expect([others.status, others.headers.get("idempotent-replayed")]).toEqual([201, null]);
    const { id } = await resourceOf(await dial(world, "k2"));
    const act = (verb: string) =>
      world.ask(`${PATH}/${id}/actions/${verb}`, { method: "POST", body: {}, headers: { "idempotency-key": "k1" } });
    expect((await act("hangup")).headers.get("idempotent-replayed")).toBe(null);
    expect((await act("hangup")).headers.get("idempotent-replayed")).toBe("true");
    expect((await act("answer")).headers.get("idempotent-replayed")).toBe(null);
    expect(world.calls.acts.map(({ verb }) => verb)).toEqual(["hangup", "answer"]);
  });

  test("is free again after 24 hours", async () => {
    await dial(world, "k1");
    world.clock.advance(24 * 3_600_000 - 1);
    expect((await dial(world, "k1")).headers.get("idempotent-replayed")).toBe("true");
    world.clock.advance(1);
    expect((await dial(world, "k1")).headers.get("idempotent-replayed")).toBe(null);
    expect(world.calls.dialled).toHaveLength(2);
  });

  test.each([
    ["invalid_request"],
    ["from_number_not_owned"],
    ["not_found"],
    ["media_unreachable"],
    ["concurrency_limit_exceeded"],
    ["engine_not_configured"],
    ["draining"],
  ] as const)("does not keep %s, which came before anything was done", async (code) => {
    world.calls.refuse = new CodedError(code, "no");
    const refused = await dial(world, "k1");
    expect(await codeOf(refused)).toBe(code);
    const then = await dial(world, "k1", { ...DIAL, timeout_secs: 5 });
    expect([then.status, then.headers.get("idempotent-replayed")]).toEqual([201, null]);
  });

  test.each([
    ["balance_insufficient"],
    ["call_not_in_required_state"],
    ["internal_error"],
    ["upstream_error"],
  ] as const)("keeps %s, so that a retry cannot dial a second time", async (code) => {
    world.calls.refuse = new CodedError(code, "no");
    const first = await dial(world, "k1");
    const again = await dial(world, "k1");
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    expect(again.status).toBe(first.status);
    expect(await again.text()).toBe(await first.text());
    expect(world.calls.dialled).toHaveLength(0);
  });

  test("is not spent by a wrong body or a missing scope", async () => {
    expect((await dial(world, "k1", { from: 1 })).status).toBe(400);
    expect((await dial(world, "k1", DIAL, { authorization: `Bearer ${KEYS.reader}` })).status).toBe(403);
    expect((await dial(world, "k1")).status).toBe(201);
  });

  test("answers a stored call even while the server drains", async () => {
    await dial(world, "k1");
    world.isDraining = true;
    expect((await dial(world, "k1")).status).toBe(201);
    expect(await codeOf(await dial(world, "k2"))).toBe("draining");
    world.isDraining = false;
    expect((await dial(world, "k2")).status).toBe(201);
  });

  test.each([[""], ["x".repeat(256)], ["two words"]])("%j is no key", async (key) => {
    const answer = await dial(world, key);
    expect(answer.status).toBe(400);
    expect((await errorOf(answer)).param).toBe("Idempotency-Key");
  });
});

describe("after a crash", () => {
  test("a request that had made its call gets that call, and dials no second one", async () => {
    const path = { tenantId: "default", path: PATH, key: "k1" };
    // The call and its binding were committed; then the process died before it could answer.
    const dead = await resourceOf(await dial(world, "k1"));
    await world.store.idempotency.abandon(path);
    await beginAsDeadProcess(world);
    await world.store.commit({ idempotency: { ...path, resourceId: dead.id } });

    const next = world.restarted();
    const answer = await dial(next, "k1");
    expect([answer.status, answer.headers.get("idempotent-replayed")]).toEqual([201, "true"]);
    expect((await resourceOf(answer)).id).toBe(dead.id);
    expect((await dial(next, "k1")).headers.get("idempotent-replayed")).toBe("true");
    expect(next.calls.dialled).toEqual([]);
  });

  test("a request that had made nothing acts now, once", async () => {
    await beginAsDeadProcess(world);
    const next = world.restarted();
    const answers = await Promise.all(Array.from({ length: 5 }, () => dial(next, "k1")));
    expect(answers.map((answer) => answer.status).toSorted()).toEqual([201, 409, 409, 409, 409]);
    expect(next.calls.dialled).toHaveLength(1);
  });

  test("a finished answer is still there", async () => {
    const first = await (await dial(world, "k1")).text();
    expect(await (await dial(world.restarted(), "k1")).text()).toBe(first);
  });
});

/** Leaves the row of a request that another process took and never finished. */
async function beginAsDeadProcess(at: World): Promise<void> {
  const bodyHash = await hashOf('{"from":"+15125550100","to":"+15558675309"}');
  await at.store.idempotency.begin({
    tenantId: "default",
    path: PATH,
    key: "k1",
    bodyHash,
    response: null,
    bootId: "a process that died",
    resourceId: null,
    createdAt: at.clock.wallMs(),
  });
}

async function hashOf(text: string): Promise<string> {
  return Buffer.from(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))).toString("hex");
}
