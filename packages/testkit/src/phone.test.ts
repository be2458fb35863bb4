import { seededRandom, silentLog, systemClock } from "@voepy/base";
import { makeSipEndpoint, type RunningSipEndpoint } from "@voepy/sip-stack";
import { expect, test } from "vitest";
import { digestAnswer } from "./digest-answer.ts";
import { EmulatedNetwork, type PathProfile } from "./netem.ts";
import { Phone, type PhoneOptions } from "./phone.ts";
import { sipOverUdp } from "./sip-over-udp.ts";
import { loopbackUdp } from "./udp.ts";
import { VirtualClock } from "./virtual-clock.ts";

/** Two phones that call each other without a server between them. */
async function pair(options: { profile?: PathProfile; ann?: Partial<PhoneOptions>; bob?: Partial<PhoneOptions> } = {}) {
  const clock = new VirtualClock();
  const random = seededRandom(8);
  const network = new EmulatedNetwork({ clock, random, profile: options.profile ?? { delayMs: 10 } });
  const open = (address: string, server: string, username: string, more: Partial<PhoneOptions> = {}) =>
    Phone.open({
      network: network.host(address),
      address,
      port: 5060,
      clock,
      random,
      username,
      server: { address: server, port: 5060 },
      ...more,
    });
  const ann = await open("10.0.0.1", "10.0.0.2", "ann", { toneHz: 440, ...options.ann });
  const bob = await open("10.0.0.2", "10.0.0.1", "bob", { toneHz: 620, ...options.bob });
  return { clock, ann, bob, network };
}

test("one calls, the other rings and answers, both hear each other, one hangs up", async () => {
  const { clock, ann, bob } = await pair();
  const call = await ann.dial("bob");
  await clock.advance(200);
  expect(call.state).toBe("ringing");
  expect(bob.call).toMatchObject({ state: "incoming", requestUri: "sip:bob@10.0.0.2:5060" });
  bob.call!.answer();
  await clock.advance(1000);
  expect(call.state).toBe("answered");
  expect(call.media.heardHz()).toEqual([620]);
  expect(bob.call!.media.heardHz()).toEqual([440]);
  bob.call!.hangUp();
  await clock.advance(200);
  expect(call).toMatchObject({ state: "ended", cause: "bye" });
  expect(bob.call).toMatchObject({ state: "ended", cause: "hung up" });
});

test("a rejected, a cancelled and an unanswered call end as what they are", async () => {
  const { clock, ann, bob, network } = await pair();
  const busy = await ann.dial("bob");
  await clock.advance(100);
  bob.call!.reject(486);
  await clock.advance(100);
  expect(busy).toMatchObject({ state: "failed", cause: "response", status: 486 });
  const given = await ann.dial("bob");
  await clock.advance(100);
  given.hangUp();
  await clock.advance(100);
  expect(given).toMatchObject({ state: "failed", cause: "cancelled", status: 487 });
  expect(bob.call).toMatchObject({ state: "failed", cause: "cancelled" });
  network.setPath("10.0.0.1", "10.0.0.2", { lossPct: 100 });
  const lost = await ann.dial("bob");
  await clock.advance(40_000);
  expect(lost).toMatchObject({ state: "failed", cause: "timeout", status: 408 });
});

test("early media is heard before the answer", async () => {
  const { clock, ann, bob } = await pair({ bob: { onCall: (call) => call.earlyMedia() } });
  const call = await ann.dial("bob");
  await clock.advance(800);
  expect(call.statuses).toEqual([183]);
  expect(call.media.heardHz()).toEqual([620]);
  bob.call!.answer();
  await clock.advance(500);
  expect(call.state).toBe("answered");
  expect(call.media.continuity()).toMatchObject({ missing: 0, timestampJumps: 0, longestSilenceMs: 20 });
});

test("hold silences the held side, resume brings it back", async () => {
  const { clock, ann, bob } = await pair({ bob: { onCall: (call) => call.answer() } });
  const call = await ann.dial("bob");
  await clock.advance(1000);
  call.hold();
  await clock.advance(1000);
  expect(bob.call!.reoffers).toEqual(["recvonly"]);
  expect(call.media.heardHz()).toEqual([]);
  expect(bob.call!.media.heardHz()).toEqual([440]);
  call.resume();
  await clock.advance(1000);
  expect(call.media.heardHz()).toEqual([620]);
});

test("keys are heard by the other phone, and only A-law is spoken when that is all one can", async () => {
  const { clock, ann, bob } = await pair({ ann: { codecs: ["PCMA"] }, bob: { onCall: (call) => call.answer() } });
  const call = await ann.dial("bob");
  await clock.advance(500);
  call.media.press("42#");
  await clock.advance(1000);
  expect(bob.call!.media.digits()).toBe("42#");
  expect(bob.call!.audio?.codec).toBe("PCMA");
  expect(bob.call!.media.heardHz()).toEqual([440]);
});

test("calls come about in spite of a quarter of the packets being lost", async () => {
  const { clock, ann } = await pair({
    profile: { delayMs: 20, lossPct: 25 },
    bob: { onCall: (call) => call.answer() },
  });
  for (let i = 0; i < 10; i++) {
    const call = await ann.dial("bob");
    await clock.until(() => call.state === "answered", 32_000, "the answer");
    call.hangUp();
    await clock.advance(1000);
  }
});

/** A registrar on another host; the phone's requests are judged by the stack, not by this file. */
async function withRegistrar(
  password: string,
): Promise<{ clock: VirtualClock; phone: Phone; server: RunningSipEndpoint }> {
  const clock = new VirtualClock();
  const random = seededRandom(8);
  const network = new EmulatedNetwork({ clock, random, profile: { delayMs: 10, lossPct: 20 } });
  const server = await makeSipEndpoint({
    listeners: [{ transport: "udp", host: "10.0.0.9", port: 5060 }],
    transports: sipOverUdp(network.host("10.0.0.9")),
    domain: "voepy.local",
    userAgentName: "registrar",
    clock,
    random,
    log: silentLog,
    hooks: { screen: () => ({ type: "challenge" }), password: (name) => (name === "ann" ? "secret" : undefined) },
    onEvent: () => undefined,
  });
  const phone = await Phone.open({
    network: network.host("10.0.0.1"),
    address: "10.0.0.1",
    clock,
    random,
    username: "ann",
    password,
    domain: "voepy.local",
    server: { address: "10.0.0.9", port: 5060 },
  });
  return { clock, phone, server };
}

test("it registers with digest over a lossy path, and takes its registration back (RFC 3261 §10.2)", async () => {
  const { clock, phone, server } = await withRegistrar("secret");
  const registered = await clock.resolve(phone.register());
  expect(registered).toMatchObject({ status: 200, challenges: 1 });
  expect(registered.contacts[0]).toContain(phone.contact);
  expect(server.bindings("ann").map((binding) => binding.contactUri)).toEqual([phone.contact]);
  expect(await clock.resolve(phone.register(0))).toMatchObject({ status: 200, contacts: [] });
  expect(server.bindings("ann")).toEqual([]);
});

test("with a wrong password it gives up after two challenges", async () => {
  const { clock, phone, server } = await withRegistrar("wrong");
  const { status, challenges } = await clock.resolve(phone.register());
  expect([401, 403]).toContain(status);
  expect(challenges).toBeLessThanOrEqual(2);
  expect(server.bindings("ann")).toEqual([]);
});

test("with nobody there, registration ends with 408 after 64 × T1 (RFC 3261 §17.1.2.2)", async () => {
  const { clock, phone, server } = await withRegistrar("secret");
  await server.close();
  expect(await clock.resolve(phone.register())).toMatchObject({ status: 408 });
  expect(clock.nowMs()).toBeGreaterThanOrEqual(32_000);
});

test("the digest is that of RFC 2617 §3.5, and of RFC 7616 §3.9.1 with SHA-256", () => {
  const old = digestAnswer(
    'Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"',
    { method: "GET", uri: "/dir/index.html", username: "Mufasa", password: "Circle Of Life", cnonce: "0a4f113b" },
  );
  expect(old).toContain('response="6629fae49393a05397450978507c4ef1"');
  const recent = digestAnswer(
    'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"',
    {
      method: "GET",
      uri: "/dir/index.html",
      username: "Mufasa",
      password: "Circle of Life",
      cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    },
  );
  expect(recent).toContain('response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"');
});

test("two phones talk over real loopback @net", async () => {
  const random = seededRandom(8);
  const base = { network: loopbackUdp, clock: systemClock, random };
  const bob = await Phone.open({
    ...base,
    username: "bob",
    server: { address: "127.0.0.1", port: 9 },
    toneHz: 620,
    onCall: (call) => call.answer(),
  });
  const ann = await Phone.open({ ...base, username: "ann", server: { address: "127.0.0.1", port: bob.port } });
  const call = await ann.dial("bob");
  const heard = (): boolean => call.media.packets.length > 20;
  for (let turn = 0; turn < 1000 && !heard(); turn++) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(call.state).toBe("answered");
  expect(call.media.continuity().ssrcs.length).toBe(1);
  call.hangUp();
  const isOver = (): boolean => bob.call?.state === "ended";
  for (let turn = 0; turn < 500 && !isOver(); turn++) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(bob.call).toMatchObject({ state: "ended", cause: "bye" });
  await ann.close();
  await bob.close();
});
