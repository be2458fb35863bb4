import { alignmentOf, levelDbm0 } from "@voepy/testkit";
import { afterEach, expect, test } from "vitest";
import { makeWorld, type SandboxWorld, speechOf } from "./world.ts";

let world: SandboxWorld;
afterEach(() => world.close());

test("+15005550001 rings for a second, answers, and echoes", async () => {
  world = await makeWorld({ toneHz: 440 });
  const call = await world.dial("+15005550001");
  await world.clock.advance(990);
  expect(call.state).toBe("ringing");
  expect(call.statuses).toEqual([180]);
  await world.clock.advance(100);
  expect(call.state).toBe("answered");
  await world.clock.advance(1000);
  expect(call.media.heardHz()).toEqual([440]);
  expect(call.media.continuity()).toMatchObject({ missing: 0, duplicates: 0, timestampJumps: 0 });
});

test("+15005550002 answers, speaks its greeting, and listens", async () => {
  world = await makeWorld();
  const call = await world.dial("+15005550002");
  await world.clock.advance(4000);
  expect(call.state).toBe("answered");
  const found = alignmentOf(call.media.pcm(), await speechOf("greeting-person"), 4000);
  expect(found.correlation).toBeGreaterThan(0.95);
  expect(levelDbm0(call.media.pcm(world.clock.nowMs() - 500))).toBeLessThan(-60);
});

test("+15005550003 greets like a voicemail, beeps at 1000 Hz for 0.4 s, listens a minute, and hangs up", async () => {
  world = await makeWorld();
  const call = await world.dial("+15005550003");
  const greeting = await speechOf("greeting-voicemail");
  const greetingMs = greeting.length / 8;
  await world.clock.advance(greetingMs + 300);
  expect(call.media.heardHz(150)).toEqual([1000]);
  await world.clock.advance(60_000);
  expect(call.state).toBe("answered");
  await world.clock.advance(1000);
  expect(call).toMatchObject({ state: "ended", cause: "bye" });
});

test.each([
  ["+15005550004", 486],
  ["+15005550006", 603],
  ["+15005550007", 404],
  ["+15005550008", 503],
  ["+15005559999", 404],
  ["alice", 404],
])("%s refuses with %i", async (number, status) => {
  world = await makeWorld();
  const call = await world.dial(number);
  await world.clock.advance(100);
  expect(call).toMatchObject({ state: "failed", cause: "response", status });
  expect(world.sandbox.liveCalls()).toBe(0);
});

test("+15005550005 rings for ever, until the caller gives up", async () => {
  world = await makeWorld();
  const call = await world.dial("+15005550005");
  await world.clock.advance(600_000);
  expect(call.state).toBe("ringing");
  call.hangUp();
  await world.clock.advance(1000);
  expect(call).toMatchObject({ state: "failed", cause: "cancelled", status: 487 });
  expect(world.sandbox.liveCalls()).toBe(0);
});

test("+15005550009 presses 1234# after a second, and says the digits it hears", async () => {
  world = await makeWorld();
  const call = await world.dial("+15005550009");
  await world.clock.advance(4000);
  expect(call.media.digits()).toBe("1234#");
  const askedAt = world.clock.nowMs();
  call.media.press("7*");
  await world.clock.advance(4000);
  const heard = call.media.pcm(askedAt);
  const [seven, star] = [await speechOf("digit-7"), await speechOf("star")];
  const sevenAt = alignmentOf(heard, seven, 8000);
  const starAt = alignmentOf(heard, star, 24_000);
  expect(sevenAt.correlation).toBeGreaterThan(0.95);
  expect(starAt.correlation).toBeGreaterThan(0.95);
  expect(starAt.lagSamples).toBeGreaterThanOrEqual(sevenAt.lagSamples + seven.length);
});

test("+15005550010 answers and hangs up after three seconds", async () => {
  world = await makeWorld();
  const call = await world.dial("+15005550010");
  await world.clock.advance(2900);
  expect(call.state).toBe("answered");
  await world.clock.advance(200);
  expect(call).toMatchObject({ state: "ended", cause: "bye" });
});

test("+15005550011 echoes over a path that loses, delays and reorders packets", async () => {
  world = await makeWorld({ toneHz: 440 });
  const call = await world.dial("+15005550011");
  await world.clock.advance(40_000);
  expect(call.media.heardHz(2000)).toEqual([440]);
  const { missing, reordered } = call.media.continuity();
  const share = missing / (missing + call.media.packets.length);
  // 5 % each way leaves 90.25 %.
  expect(share).toBeGreaterThan(0.06);
  expect(share).toBeLessThan(0.14);
  expect(reordered).toBeGreaterThan(10);
});

test("+15005550012 answers with a 1004 Hz tone", async () => {
  world = await makeWorld();
  const call = await world.dial("+15005550012");
  await world.clock.advance(25_000);
  expect(call.media.heardHz()).toEqual([1005]);
  expect(call.media.continuity()).toMatchObject({ missing: 0, timestampJumps: 0, longestSilenceMs: 20 });
});

test("+15005550013 lets a tone be heard before it answers, then echoes", async () => {
  world = await makeWorld({ toneHz: 620 });
  const call = await world.dial("+15005550013");
  await world.clock.advance(2000);
  expect(call.statuses).toEqual([183]);
  expect(call.media.heardHz()).toEqual([440]);
  await world.clock.advance(2500);
  expect(call.state).toBe("answered");
  expect(call.media.heardHz()).toEqual([620]);
  expect(call.media.continuity().ssrcs.length).toBe(1);
});

test("+15005550014 holds after two seconds and resumes two seconds later", async () => {
  world = await makeWorld({ toneHz: 440 });
  const call = await world.dial("+15005550014");
  await world.clock.advance(1900);
  expect(call.media.heardHz()).toEqual([440]);
  await world.clock.advance(1000);
  expect(call.reoffers).toEqual(["recvonly"]);
  expect(call.media.heardHz()).toEqual([]);
  await world.clock.advance(2000);
  expect(call.reoffers).toEqual(["recvonly", "sendrecv"]);
  expect(call.media.heardHz()).toEqual([440]);
});

test("a caller that holds hears nothing until it resumes (RFC 3264 §8.4)", async () => {
  world = await makeWorld({ toneHz: 440 });
  const call = await world.dial("+15005550012");
  await world.clock.advance(1000);
  expect(call.media.heardHz()).toEqual([1005]);
  call.hold();
  await world.clock.advance(1000);
  expect(call.audio?.direction).toBe("sendonly");
  expect(call.media.heardHz()).toEqual([]);
  call.resume();
  await world.clock.advance(1000);
  expect(call.media.heardHz()).toEqual([1005]);
  expect(call.refusedOffers).toEqual([]);
});

test("a caller of A-law only, with packets of 40 ms, is echoed in kind", async () => {
  world = await makeWorld({ toneHz: 880, codecs: ["PCMA"], ptimeMs: 40 });
  const call = await world.dial("+15005550001");
  await world.clock.advance(3000);
  expect(call.audio?.codec).toBe("PCMA");
  expect(call.media.heardHz()).toEqual([880]);
  expect(call.media.continuity()).toMatchObject({ missing: 0, longestSilenceMs: 40 });
});

test("a tenth of all packets lost: calls still come, are heard, and end", async () => {
  world = await makeWorld({ toneHz: 440 }, { delayMs: 20, jitterMs: 10, lossPct: 10 });
  for (let i = 0; i < 10; i++) {
    const call = await world.dial("+15005550001");
    await world.clock.until(() => call.state === "answered", 32_000, "the answer");
    await world.clock.advance(2000);
    expect(call.media.heardHz(1000)).toEqual([440]);
    call.hangUp();
    await world.clock.advance(40_000);
  }
  expect(world.sandbox.liveCalls()).toBe(0);
});

test("fifty calls at once each hear themselves", async () => {
  world = await makeWorld({ toneHz: 440 });
  const calls = await Promise.all(Array.from({ length: 50 }, () => world.dial("+15005550001")));
  await world.clock.advance(3000);
  for (const call of calls) expect(call.media.heardHz()).toEqual([440]);
  expect(world.sandbox.liveCalls()).toBe(50);
});

test("a caller that hangs up leaves nothing behind", async () => {
  world = await makeWorld({ toneHz: 440 });
  for (const number of ["+15005550001", "+15005550009", "+15005550011", "+15005550012"]) {
    const call = await world.dial(number);
    await world.clock.advance(1500);
    expect(call.state).toBe("answered");
    call.hangUp();
    await world.clock.advance(500);
  }
  expect(world.sandbox.liveCalls()).toBe(0);
  await world.clock.advance(40_000);
  expect(world.clock.pending()).toBeLessThan(3);
});

test("a call is placed to a number, and the scenario begins with the answer", async () => {
  world = await makeWorld({ toneHz: 880 });
  const target = { host: "10.0.0.1", port: world.phone.port };
  await world.sandbox.place({ to: "+15125550100", target });
  await world.clock.advance(500);
  const call = world.phone.call!;
  expect(call.requestUri).toContain("sip:+15125550100@");
  expect(call.from?.uri).toContain("+15005550001@");
  call.answer();
  await world.clock.advance(1000);
  expect(call.media.heardHz()).toEqual([880]);
});

test.each([
  ["tone", "+15005550020", [1005]],
  ["silent", undefined, []],
])("a placed call of scenario %s is heard as such", async (scenario, from, hz) => {
  world = await makeWorld({ onCall: (call) => call.answer() });
  await world.sandbox.place({
    to: "+15125550100",
    from,
    scenario,
    target: { host: "10.0.0.1", port: world.phone.port },
  });
  await world.clock.advance(1000);
  const call = world.phone.call!;
  expect(call.state).toBe("answered");
  if (from !== undefined) expect(call.from?.uri).toContain(from);
  expect(call.media.heardHz()).toEqual(hz);
});

test("a placed call that is refused or hung up is forgotten", async () => {
  world = await makeWorld({ onCall: (call) => call.reject(486) });
  const target = { host: "10.0.0.1", port: world.phone.port };
  await world.sandbox.place({ to: "+15125550100", target });
  expect(world.sandbox.liveCalls()).toBe(1);
  await world.clock.advance(500);
  expect(world.sandbox.liveCalls()).toBe(0);
});

test("a placed call of scenario hangup ends after three seconds", async () => {
  world = await makeWorld({ onCall: (call) => call.answer() });
  const target = { host: "10.0.0.1", port: world.phone.port };
  await world.sandbox.place({ to: "+15125550100", scenario: "hangup", target });
  await world.clock.advance(3500);
  expect(world.phone.call).toMatchObject({ state: "ended", cause: "bye" });
});

test("an unknown scenario is refused by name", async () => {
  world = await makeWorld();
  const target = { host: "10.0.0.1", port: world.phone.port };
  await expect(world.sandbox.place({ to: "+15125550100", scenario: "nap", target })).rejects.toMatchObject({
    code: "invalid_request",
    param: "scenario",
  });
});

test("closing hangs up every call", async () => {
  world = await makeWorld();
  const call = await world.dial("+15005550012");
  await world.clock.advance(500);
  await world.clock.resolve(world.sandbox.close());
  await world.clock.advance(500);
  expect(call).toMatchObject({ state: "ended", cause: "bye" });
});
