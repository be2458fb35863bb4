/** The sandbox carrier as its users meet it: dialled through the API, and calling in by `POST /v1/sandbox/calls`. */
import { heardHz, readWav } from "@voepy/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { World } from "./world.ts";

let world: World;
beforeEach(async () => {
  world = await World.open();
});
afterEach(() => world.close());

async function dial(last: string, more: object = {}): Promise<string> {
  const { status, body } = await world.api("POST", "/v1/calls", {
    from: "+15125550100",
    to: `+150055500${last}`,
    route_id: "voepy_route_sandbox",
    ...more,
  });
  expect(status).toBe(201);
  return body.id;
}

describe("the sandbox's numbers", () => {
  test.each([
    ["04", "busy", 486],
    ["06", "rejected", 603],
    ["07", "not_found", 404],
    ["08", "carrier_error", 503],
    ["99", "not_found", 404],
  ])("+150055500%s fails as %s with %i", async (last, reason, code) => {
    const id = await dial(last);
    await world.clock.advance(3000);
    expect(await world.call(id)).toMatchObject({
      status: "failed",
      end_reason: reason,
      sip_code: code,
      end_initiator: "callee",
    });
  });

  test("5 rings until the dial gives up", async () => {
    const id = await dial("05", { timeout_secs: 10 });
    await world.clock.advance(5000);
    expect((await world.call(id)).status).toBe("ringing");
    await world.clock.advance(6000);
    expect(await world.call(id)).toMatchObject({ status: "failed", end_reason: "no_answer" });
  });

  test("1 answers within 2 s and has one leg", async () => {
    const id = await dial("01");
    await world.clock.advance(2000);
    const call = await world.call(id);
    expect(call).toMatchObject({ status: "answered", end_reason: null });
    expect(call.legs).toHaveLength(1);
  });

  test("10 hangs up after 3 s", async () => {
    const id = await dial("10");
    await world.clock.advance(6000);
    expect(await world.call(id)).toMatchObject({
      status: "ended",
      end_reason: "completed",
      end_initiator: "callee",
      duration_seconds: 3,
    });
  });

  test("9 presses 1234# for a gather", async () => {
    const id = await dial("09");
    await world.clock.until(() => world.eventsOf(id).includes("call.answered"), 5000);
    await world.act(id, "gather", {});
    await world.clock.advance(5000);
    expect(world.eventData(id, "call.gather_complete")).toMatchObject({ digits: "1234", status: "valid" });
  });

  test("12 is a tone of 1004 Hz, on the recording's left", async () => {
    const id = await dial("12", { record: "on_answer", record_channels: "dual", record_format: "wav" });
    await world.clock.advance(4000);
    await world.act(id, "hangup");
    await world.clock.advance(1000);
    const link = new URL((await world.eventually(id, "recording.completed")).recording.download_url);
    const file = await world.api("GET", `${link.pathname}${link.search}`, undefined, { authorization: "" });
    expect(heardHz(readWav(file.body).channels[0]!.subarray(8000, 16_000))).toEqual([1005]);
  });

  test("13 is heard before it answers", async () => {
    const id = await dial("13", { record: "on_ringing", record_format: "wav" });
    await world.clock.advance(2500);
    expect((await world.call(id)).status).toBe("ringing");
    await world.clock.advance(3000);
    expect((await world.call(id)).status).toBe("answered");
  });

  test("14 holds and resumes", async () => {
    const id = await dial("14");
    await world.clock.advance(8000);
    expect(world.eventsOf(id)).toEqual(["call.started", "call.answered", "call.held", "call.resumed"]);
  });

  test("2 speaks first and then listens", async () => {
    const id = await dial("02", { record: "on_answer", record_channels: "dual", record_format: "wav" });
    await world.clock.advance(6000);
    await world.act(id, "hangup");
    await world.clock.advance(1000);
    const link = new URL((await world.eventually(id, "recording.completed")).recording.download_url);
    const file = await world.api("GET", `${link.pathname}${link.search}`, undefined, { authorization: "" });
    const [left] = readWav(file.body).channels;
    const energy = (from: number, to: number): number =>
      left!.subarray(from, to).reduce((sum, sample) => sum + sample * sample, 0) / (to - from);
    expect(energy(0, 12_000)).toBeGreaterThan(10_000);
    expect(energy(32_000, 38_000)).toBeLessThan(100);
  });
});

describe("POST /v1/sandbox/calls", () => {
  test("calls one of the tenant's numbers, which is answered like any other call", async () => {
    const placed = await world.api("POST", "/v1/sandbox/calls", { to: "+15125550100", scenario: "tone" });
    expect(placed.status).toBe(201);
    await world.clock.advance(500);
    const id = world.lastStarted();
    expect(world.eventData(id, "call.started")).toMatchObject({
      direction: "inbound",
      to: "+15125550100",
      from: "+15005550001",
    });
    await world.act(id, "answer", { record: "record-from-answer", record_format: "wav" });
    await world.clock.advance(3000);
    await world.act(id, "hangup");
    await world.clock.advance(1000);
    expect((await world.eventually(id, "recording.completed")).recording).toMatchObject({
      status: "available",
      duration_seconds: 3,
    });
  });

  test("refuses numbers that are not the tenant's and scenarios there are not", async () => {
    expect((await world.api("POST", "/v1/sandbox/calls", { to: "+15125559999" })).status).toBe(404);
    const odd = await world.api("POST", "/v1/sandbox/calls", { to: "+15125550100", scenario: "opera" });
    expect(odd).toMatchObject({ status: 400, body: { error: { code: "invalid_request", param: "scenario" } } });
  });
});
