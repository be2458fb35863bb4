import { Traces } from "@voepy/call-control";
import { afterEach, expect, test } from "vitest";
import { jsonOf } from "./read.ts";
import { aCall, KEYS, makeWorld, type World } from "./world.ts";

const ID = "voepy_call_A";

let world: World | undefined;
afterEach(() => world?.close());

test("the trace of a call that is no longer kept is a 404 that says why", async () => {
  world = await makeWorld();
  await world.store.commit({ calls: [aCall(ID, { status: "ended" })] });
  for (const path of ["trace", "trace.pcap"]) {
    const answer = await world.ask(`/v1/calls/${ID}/${path}`);
    expect(answer.status).toBe(404);
    expect(await jsonOf(answer)).toMatchObject({
      error: { code: "not_found", message: expect.stringContaining("are gone"), details: { status: "ended" } },
    });
  }
});

test("a trace is for its own tenant, with the scope calls:read", async () => {
  const traces = new Traces();
  traces.open(ID);
  world = await makeWorld({ traces });
  await world.store.commit({ calls: [aCall(ID)] });
  const statusWith = async (key: string): Promise<number> =>
    (await world!.ask(`/v1/calls/${ID}/trace`, { headers: { authorization: `Bearer ${key}` } })).status;
  expect(await statusWith(KEYS.reader)).toBe(200);
  expect(await statusWith(KEYS.other)).toBe(404);
  expect(await statusWith(KEYS.expired)).toBe(401);
  const capture = await world.ask(`/v1/calls/${ID}/trace.pcap`);
  expect((await capture.bytes()).length).toBe(24);
});
