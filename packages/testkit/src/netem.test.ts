import { seededRandom } from "@voepy/base";
import { expect, test } from "vitest";
import { EmulatedNetwork, type PathProfile } from "./netem.ts";
import { VirtualClock } from "./virtual-clock.ts";

const A = "10.0.0.1";
const B = "10.0.0.2";

interface Got {
  readonly value: number;
  readonly atMs: number;
}

/** Sends `count` numbered packets from A to B, one every `everyMs`, and tells what came out when. */
async function through(
  profile: PathProfile,
  options: { count?: number; everyMs?: number; bytes?: number; seed?: number } = {},
) {
  const clock = new VirtualClock();
  const network = new EmulatedNetwork({ clock, random: seededRandom(options.seed ?? 1), profile });
  const got: Got[] = [];
  const to = await network.host(B).bind({
    port: 5000,
    onPacket: (bytes) => got.push({ value: new DataView(bytes.buffer).getUint32(0), atMs: clock.nowMs() }),
  });
  const from = await network.host(A).bind({ onPacket: () => undefined });
  const packet = new Uint8Array(options.bytes ?? 172);
  for (let i = 0; i < (options.count ?? 1000); i++) {
    new DataView(packet.buffer).setUint32(0, i);
    from.send(packet, to);
    await clock.advance(options.everyMs ?? 20);
  }
  await clock.advance(60_000);
  return { got, counters: network.counters };
}

test("a perfect wire delivers everything, in order, with the sender's address, in its own copy", async () => {
  const { got } = await through({});
  expect(got.map((one) => one.value)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
});

test("delay is exact", async () => {
  const { got } = await through({ delayMs: 35 }, { count: 3 });
  expect(got.map((one) => one.atMs)).toEqual([35, 55, 75]);
});

test("jitter spreads arrivals over its range and keeps order", async () => {
  const { got } = await through({ delayMs: 10, jitterMs: 30 });
  const delays = got.map((one) => one.atMs - one.value * 20);
  expect(Math.min(...delays)).toBeLessThan(12);
  expect(Math.max(...delays)).toBeGreaterThan(38);
  expect(Math.max(...delays)).toBeLessThanOrEqual(60);
  expect(got.map((one) => one.value)).toEqual(got.map((_, i) => i));
});

test("loss takes its share, and every packet is accounted for", async () => {
  const { got, counters } = await through({ lossPct: 10 }, { count: 4000 });
  expect(counters.lost / 4000).toBeGreaterThan(0.08);
  expect(counters.lost / 4000).toBeLessThan(0.12);
  expect(got.length + counters.lost).toBe(4000);
});

test("burst loss comes in runs", async () => {
  const { got } = await through({ burstLoss: { enterPct: 1, leavePct: 20, lossPct: 100 } }, { count: 5000 });
  const runs: number[] = [];
  for (let i = 1; i < got.length; i++) {
    const missing = got[i]!.value - got[i - 1]!.value - 1;
    if (missing > 0) runs.push(missing);
  }
  const mean = runs.reduce((sum, run) => sum + run, 0) / runs.length;
  // A burst lasts 1 / 20 % = 5 packets on average.
  expect(mean).toBeGreaterThan(3.5);
  expect(mean).toBeLessThan(6.5);
});

test("duplication doubles its share", async () => {
  const { got, counters } = await through({ duplicatePct: 5 }, { count: 2000 });
  expect(got.length).toBe(2000 + counters.duplicated);
  expect(counters.duplicated).toBeGreaterThan(60);
  expect(counters.duplicated).toBeLessThan(140);
});

test("reordered packets are overtaken by those behind them", async () => {
  const { got, counters } = await through({ delayMs: 5, reorderPct: 10 });
  const late = got.filter((one, i) => i > 0 && one.value < got[i - 1]!.value).length;
  // One held back right behind another is overtaken together with it, or not at all.
  expect(late).toBeLessThanOrEqual(counters.reordered);
  expect(late).toBeGreaterThan(60);
  expect(got.length).toBe(1000);
});

test("a slow link spaces packets by their size and drops what its queue cannot hold", async () => {
  // 172 + 28 bytes at 80 kbit/s take 20 ms each.
  const spaced = await through({ rateKbps: 80 }, { count: 10, everyMs: 0 });
  expect(spaced.got.map((one) => Math.round(one.atMs))).toEqual([20, 40, 60, 80, 100, 120, 140, 160, 180, 200]);
  const full = await through({ rateKbps: 80, queueBytes: 600 }, { count: 10, everyMs: 0 });
  expect(full.got.length).toBeLessThan(5);
  expect(full.got.length + full.counters.overflowed).toBe(10);
});

test("the same seed gives the same run, another seed another", async () => {
  const profile = { jitterMs: 20, lossPct: 5, reorderPct: 3, duplicatePct: 2 };
  const one = await through(profile, { seed: 9, count: 300 });
  expect((await through(profile, { seed: 9, count: 300 })).got).toEqual(one.got);
  expect((await through(profile, { seed: 10, count: 300 })).got).not.toEqual(one.got);
});

test("ports: taken ones are refused with the system's code, closed ones are free and deaf", async () => {
  const clock = new VirtualClock();
  const network = new EmulatedNetwork({ clock, random: seededRandom(1) });
  const host = network.host(B, "10.0.0.3");
  const open = await host.bind({ port: 5000, onPacket: () => expect.unreachable() });
  await expect(host.bind({ port: 5000, onPacket: () => undefined })).rejects.toMatchObject({ code: "EADDRINUSE" });
  await expect(host.bind({ address: "0.0.0.0", port: 5000, onPacket: () => undefined })).rejects.toMatchObject({
    code: "EADDRINUSE",
  });
  await expect(host.bind({ address: "10.9.9.9", onPacket: () => undefined })).rejects.toMatchObject({
    code: "EADDRNOTAVAIL",
  });
  const from = await network.host(A).bind({ onPacket: () => undefined });
  from.send(new Uint8Array(4), open);
  open.close();
  await clock.advance(100);
  expect(network.counters.unreachable).toBe(1);
  await host.bind({ port: 5000, onPacket: () => undefined });
});

test("127.0.0.1 stays on the sender's host, a wildcard socket hears all addresses of its own", async () => {
  const clock = new VirtualClock();
  const network = new EmulatedNetwork({ clock, random: seededRandom(1), profile: { delayMs: 50 } });
  const host = network.host(B, "10.0.0.3");
  const heard: string[] = [];
  await host.bind({
    address: "0.0.0.0",
    port: 7,
    onPacket: (_, from) => heard.push(`${from.address}@${clock.nowMs()}`),
  });
  const near = await host.bind({ address: "127.0.0.1", onPacket: () => undefined });
  const far = await network.host(A).bind({ onPacket: () => undefined });
  near.send(new Uint8Array(1), { address: "127.0.0.1", port: 7 });
  far.send(new Uint8Array(1), { address: "10.0.0.3", port: 7 });
  far.send(new Uint8Array(1), { address: "127.0.0.1", port: 7 });
  await clock.advance(100);
  expect(heard).toEqual(["127.0.0.1@0", `${A}@50`]);
});
