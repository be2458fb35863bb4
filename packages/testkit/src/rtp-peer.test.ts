import { randomUint32, seededRandom, systemClock } from "@voepy/base";
import { expect, test } from "vitest";
import { alignmentOf } from "./expect-audio.ts";
import { EmulatedNetwork, type PathProfile } from "./netem.ts";
import { RtpPeer } from "./rtp-peer.ts";
import { loopbackUdp } from "./udp.ts";
import { VirtualClock } from "./virtual-clock.ts";

async function pair(profile: PathProfile = {}, more: { codec?: "PCMU" | "PCMA"; ptimeMs?: number } = {}) {
  const clock = new VirtualClock();
  const random = seededRandom(5);
  const network = new EmulatedNetwork({ clock, random, profile });
  const open = (address: string) => RtpPeer.open({ network: network.host(address), clock, random, ...more });
  const [ann, bob] = await Promise.all([open("10.0.0.1"), open("10.0.0.2")]);
  ann.remote = bob.local;
  bob.remote = ann.local;
  return { clock, network, random, ann, bob };
}

test.each([
  ["PCMU", 20],
  ["PCMA", 20],
  ["PCMU", 30],
  ["PCMA", 60],
] as const)("a tone in %s with packets of %i ms arrives whole and at its pitch", async (codec, ptimeMs) => {
  const { clock, ann, bob } = await pair({}, { codec, ptimeMs });
  ann.sayTone(440);
  await clock.advance(1200);
  expect(bob.heardHz()).toEqual([440]);
  expect(bob.packets.length).toBe(1200 / ptimeMs + 1);
  expect(bob.continuity()).toEqual({
    ssrcs: [ann.ssrc],
    missing: 0,
    duplicates: 0,
    reordered: 0,
    timestampJumps: 0,
    longestSilenceMs: ptimeMs,
  });
});

test("given sound is heard as given, and the peer falls silent after it", async () => {
  const { clock, random, ann, bob } = await pair({ delayMs: 30, jitterMs: 15 });
  const speech = Int16Array.from({ length: 4000 }, () => (randomUint32(random) % 8000) - 4000);
  ann.sayPcm(speech);
  await clock.resolve(ann.idle());
  await clock.advance(100);
  expect(bob.packets.length).toBe(25);
  const found = alignmentOf(bob.pcm(), speech, 400);
  expect(found.lagSamples).toBe(0);
  expect(found.correlation).toBeGreaterThan(0.99);
});

test("given payloads arrive bit for bit", async () => {
  const { clock, ann, bob } = await pair();
  const payloads = Array.from({ length: 10 }, (_, i) => new Uint8Array(160).fill(i * 20));
  ann.sayPayloads(payloads);
  await clock.advance(500);
  expect(bob.packets.map((packet) => packet.payload)).toEqual(payloads);
});

test("loss, duplicates and reordering are counted as what they are", async () => {
  const { clock, network, ann, bob } = await pair({ lossPct: 5, duplicatePct: 3, reorderPct: 4 });
  ann.sayTone(440);
  await clock.advance(10_000);
  ann.hush();
  await clock.advance(1000);
  const { missing, duplicates, reordered } = bob.continuity();
  expect(missing).toBe(network.counters.lost);
  expect(duplicates).toBe(network.counters.duplicated);
  expect(reordered).toBeGreaterThan(5);
  expect(reordered).toBeLessThanOrEqual(network.counters.reordered + duplicates);
  expect(bob.heardHz(2000)).toEqual([440]);
});

test("a break and a new stream are seen", async () => {
  const { clock, random, ann, bob } = await pair();
  ann.sayTone(440);
  await clock.advance(200);
  ann.hush();
  await clock.advance(300);
  ann.restartStream(random);
  ann.sayTone(620);
  await clock.advance(500);
  const heard = bob.continuity();
  expect(heard.ssrcs.length).toBe(2);
  expect(heard.missing).toBe(0);
  expect(heard.longestSilenceMs).toBeGreaterThanOrEqual(300);
  expect(bob.heardHz()).toEqual([620]);
});

test("keys are heard once a press, twice the same key twice, also under loss (RFC 4733 §2.5)", async () => {
  const { clock, ann, bob } = await pair({ lossPct: 15 });
  ann.sayTone(440);
  await clock.advance(100);
  ann.press("1223*#0D");
  await clock.advance(3000);
  expect(bob.digits()).toBe("1223*#0D");
});

test("the packets of one press: marker first, one timestamp, growing duration, three ends (RFC 4733 §2.5.1)", async () => {
  const { clock, ann, bob } = await pair();
  ann.press("7");
  await clock.resolve(ann.idle());
  await clock.advance(50);
  expect(bob.packets.map((packet) => packet.marker)).toEqual([true, false, false, false, false, false, false]);
  expect(new Set(bob.packets.map((packet) => packet.timestamp)).size).toBe(1);
  const events = bob.packets.map(({ payload }) => [(payload[2]! << 8) + payload[3]!, payload[1]! >> 7]);
  expect(events).toEqual([
    [160, 0],
    [320, 0],
    [480, 0],
    [640, 0],
    [800, 1],
    [800, 1],
    [800, 1],
  ]);
});

test("after a key audio goes on with the timestamps of time that passed", async () => {
  const { clock, ann, bob } = await pair();
  ann.sayTone(440);
  await clock.advance(200);
  ann.press("5");
  await clock.advance(800);
  const audio = bob.packets.filter((packet) => packet.payloadType === 0);
  for (const packet of audio) {
    expect((packet.timestamp - audio[0]!.timestamp) >>> 0).toBe((packet.arrivalMs - audio[0]!.arrivalMs) * 8);
  }
});

test("an echo gives back what it gets; what is no RTP is only counted", async () => {
  const { clock, ann, bob } = await pair();
  bob.isEcho = true;
  ann.sayTone(880);
  ann.sendRaw(Uint8Array.of(1, 2, 3));
  await clock.advance(600);
  expect(ann.heardHz()).toEqual([880]);
  expect(bob.notRtp).toBe(1);
});

test("the same peer works over real loopback sockets @net", async () => {
  const random = seededRandom(5);
  const open = () => RtpPeer.open({ network: loopbackUdp, clock: systemClock, random });
  const [ann, bob] = await Promise.all([open(), open()]);
  ann.remote = bob.local;
  bob.isEcho = true;
  const payloads = [1, 2, 3].map((fill) => new Uint8Array(160).fill(fill));
  ann.sayPayloads(payloads);
  const back = (): boolean => ann.packets.length === 3;
  for (let turn = 0; turn < 500 && !back(); turn++) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(ann.packets.map((packet) => packet.payload)).toEqual(payloads);
  ann.close();
  bob.close();
});
