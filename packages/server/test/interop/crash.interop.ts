/** kill -9 in the middle of a recorded call: what was stored, recorded and to be told survives. */
import { heardHz, readWav } from "@voepy/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sleep, until } from "./child.ts";
import { NUMBERS, type RecordingJson, startWorld, type World } from "./harness.ts";

const RATE_HZ = 8000;
const TONE_NUMBER = "+15005550012";
const TONE_HZ = 1004;

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());

test("after kill -9 a recorded call is ended as system_shutdown, its recording holds all but the last second, its webhooks come", async () => {
  const dialled = await world.api("POST", "/v1/calls", {
    from: NUMBERS.echo,
    to: TONE_NUMBER,
    route_id: "voepy_route_sandbox",
    record: "on_answer",
    record_format: "wav",
    record_channels: "dual",
  });
  expect(dialled.status, JSON.stringify(dialled.body)).toBe(201);
  const callId = dialled.body.id;
  await world.callBecomes(callId, "answered");
  await world.hooks.waitFor("call.answered", callId);
  const recordedMs = 4000;
  await sleep(recordedMs);
  expect(await world.server().stop("SIGKILL")).toBe("SIGKILL");

  await world.restart();
  const ended = await world.callBecomes(callId, "ended");
  expect(ended).toMatchObject({ end_reason: "system_shutdown", end_initiator: "system" });
  expect((await world.hooks.waitFor("call.ended", callId)).data).toMatchObject({
    call: { end_reason: "system_shutdown" },
  });
  await world.hooks.waitFor("recording.completed", callId);
  const recording = await until("an available recording", async () => {
    const { body } = await world.api<{ data: RecordingJson[] }>("GET", `/v1/recordings?call_id=${callId}`);
    return body.data.find((candidate) => candidate.status === "available");
  });
  const response = await fetch(String(recording.download_url));
  expect(response.status).toBe(200);
  const { channels } = readWav(new Uint8Array(await response.arrayBuffer()));
  const [left = new Int16Array()] = channels;
  expect(left.length / RATE_HZ).toBeGreaterThanOrEqual((recordedMs - 1000) / 1000);
  const [heard] = heardHz(left.subarray(RATE_HZ, 2 * RATE_HZ));
  expect(Math.abs((heard ?? 0) - TONE_HZ)).toBeLessThanOrEqual(5);
  const sequences = world.hooks.events(callId).map((event) => event.sequence);
  expect(sequences).toEqual(sequences.map((_, i) => i + 1));
});

test("the server takes calls again after the crash", async () => {
  const dialled = await world.api("POST", "/v1/calls", {
    from: NUMBERS.echo,
    to: "+15005550001",
    route_id: "voepy_route_sandbox",
  });
  expect(dialled.status, JSON.stringify(dialled.body)).toBe(201);
  await world.callBecomes(dialled.body.id, "answered");
  await world.act(dialled.body.id, "hangup");
  await world.callBecomes(dialled.body.id, "ended");
});
