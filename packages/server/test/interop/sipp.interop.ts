/** sipp's built-in scenarios against a running server: it calls in (uac) and is called (uas). */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Child, freePort, hasCommand, startChild, until } from "./child.ts";
import { type CallJson, NUMBERS, startWorld, type World } from "./harness.ts";

const LOOPBACK = "127.0.0.1";

describe.skipIf(!hasCommand("sipp"))("sipp", () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world.close());

  const callIn = async (number: string, calls: number, more: readonly string[] = []): Promise<Child> => {
    const port = await freePort();
    const media = await freePort();
    return startChild("sipp", [
      ...`-sn uac ${LOOPBACK}:${world.sipPort} -s ${number} -i ${LOOPBACK} -p ${port} -mi ${LOOPBACK} -mp ${media}`.split(
        " ",
      ),
      ...`-m ${calls} -l ${calls} -r 10 -d 500 -nostdin -timeout 30 -timeout_error`.split(" "),
      ...more,
    ]);
  };

  const callsTo = async (number: string): Promise<readonly CallJson[]> => {
    const path = `/v1/calls?to_number=${encodeURIComponent(number)}`;
    return (await world.api<{ data: CallJson[] }>("GET", path)).body.data;
  };

  test("its uac scenario calls a number that echoes: every call is answered, and ended by the caller", async () => {
    const sipp = await callIn(NUMBERS.echo, 20);
    expect(await sipp.ended, sipp.output()).toBe(0);
    const ended = await until("20 ended calls", async () => {
      const calls = (await callsTo(NUMBERS.echo)).filter((call) => call.status === "ended");
      return calls.length === 20 ? calls : undefined;
    });
    for (const call of ended) {
      expect(call).toMatchObject({ direction: "inbound", end_reason: "completed", end_initiator: "caller" });
    }
  });

  test("its uac scenario over TCP is answered too", async () => {
    const sipp = await callIn(NUMBERS.echo, 3, ["-t", "t1"]);
    expect(await sipp.ended, sipp.output()).toBe(0);
  });

  test("its call waits for a program that answers it through the API, and every change is told by a signed webhook", async () => {
    const sipp = await callIn(NUMBERS.webhook, 1, ["-d", "1500"]);
    const started = await world.hooks.waitForCallTo(NUMBERS.webhook);
    const callId = started.callId;
    expect(started.data).toMatchObject({ direction: "inbound", status: "ringing", to: NUMBERS.webhook });
    await world.act(callId, "answer");
    expect(await sipp.ended, sipp.output()).toBe(0);
    const ended = await world.hooks.waitFor("call.ended", callId);
    expect(ended.data).toMatchObject({ status: "ended", call: { end_reason: "completed", end_initiator: "caller" } });
    const told = world.hooks.events(callId);
    expect(told.map((event) => event.eventType)).toEqual(
      expect.arrayContaining(["call.started", "call.answered", "call.ended"]),
    );
    expect(told.map((event) => event.sequence)).toEqual(told.map((_, i) => i + 1));
    expect(world.hooks.problems()).toEqual([]);
  });

  test("a call that the program rejects as busy gets 486", async () => {
    const known = new Set(world.hooks.events().map((event) => event.callId));
    const sipp = await callIn(NUMBERS.webhook, 1);
    const started = await world.hooks.waitForCallTo(NUMBERS.webhook, known);
    await world.act(started.callId, "reject", { cause: "user_busy" });
    expect(await sipp.ended).toBe(1);
    expect(sipp.output()).toMatch(/486/);
    const call = await world.callBecomes(started.callId, "failed", "ended");
    expect(call).toMatchObject({ status: "failed", end_reason: "busy", end_initiator: "api" });
  });

  test("a number that nobody has gets 404", async () => {
    const sipp = await callIn("+15125559999", 1);
    expect(await sipp.ended).toBe(1);
    expect(sipp.output()).toMatch(/404/);
  });

  test("its uas scenario is called through the API, answers, and gets the BYE", async () => {
    const port = await freePort();
    const media = await freePort();
    const sipp = startChild(
      "sipp",
      `-sn uas -i ${LOOPBACK} -p ${port} -mi ${LOOPBACK} -mp ${media} -m 1 -rtp_echo -nostdin -timeout 30 -timeout_error`.split(
        " ",
      ),
    );
    // sipp says nothing when its socket is open; an INVITE that comes too early is simply retransmitted.
    const dialled = await world.api("POST", "/v1/calls", { from: NUMBERS.echo, to: `sip:service@${LOOPBACK}:${port}` });
    expect(dialled.status, JSON.stringify(dialled.body)).toBe(201);
    expect(dialled.body).toMatchObject({ direction: "outbound", status: "initiated" });
    const answered = await world.callBecomes(dialled.body.id, "answered").catch((error: Error) => {
      throw new Error(`sipp (status ${sipp.status()}): ${sipp.output()}`, { cause: error });
    });
    expect(answered.legs).toHaveLength(1);
    await world.act(dialled.body.id, "hangup");
    expect(await sipp.ended, sipp.output()).toBe(0);
    const ended = await world.callBecomes(dialled.body.id, "ended");
    expect(ended).toMatchObject({ end_reason: "completed", end_initiator: "api" });
  });
});
