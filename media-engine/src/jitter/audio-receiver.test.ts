import { describe, expect, test } from "vitest";
import { hasFixtures, readRtp } from "../../test/pcap.ts";
import { seeded, shareOf, sine, voice } from "../../test/sound.ts";
import { pcma } from "../codec/pcma.ts";
import { pcmu } from "../codec/pcmu.ts";
import { energy } from "../dsp/energy.ts";
import type { AudioPacket } from "./audio-packet.ts";
import { AudioReceiver, type PulledFrame } from "./audio-receiver.ts";

const FRAME = 160;

interface Arrival {
  readonly atMs: number;
  readonly bytes: Uint8Array;
  readonly packet: AudioPacket;
}

interface Sender {
  readonly ptimeMs?: number;
  readonly firstSeq?: number;
  readonly firstTimestamp?: number;
  /** Speed of the sender's clock against ours. */
  readonly clock?: number;
  readonly ssrc?: number;
  readonly startMs?: number;
}

/** Packets of `pcm` as they are sent, in time. */
function send(pcm: Int16Array, sender: Sender = {}): Arrival[] {
  const { ptimeMs = 20, firstSeq = 0, firstTimestamp = 0, clock = 1, ssrc = 1, startMs = 0 } = sender;
  const encoder = pcmu.makeEncoder();
  const samples = ptimeMs * 8;
  return Array.from({ length: Math.floor(pcm.length / samples) }, (_, i) => {
    const bytes = new Uint8Array(samples);
    encoder.encode(pcm.subarray(i * samples, (i + 1) * samples), 0, bytes);
    const packet = {
      seq: (firstSeq + i) & 0xffff,
      rtpTimestamp: (firstTimestamp + i * samples) >>> 0,
      ssrc,
      payloadType: 0,
      marker: i === 0,
      payloadOffset: 0,
      payloadSize: samples,
    };
    return { atMs: startMs + (i * ptimeMs) / clock + 3, bytes, packet };
  });
}

function network(arrivals: Arrival[], jitterMs: number, lossPct: number, seed: number): Arrival[] {
  const next = seeded(seed);
  return arrivals
    .filter(() => next() * 100 >= lossPct)
    .map((arrival) => ({ ...arrival, atMs: arrival.atMs + next() * jitterMs }))
    .sort((a, b) => a.atMs - b.atMs);
}

/** Pulls a frame every 20 ms while packets arrive. */
function listen(arrivals: readonly Arrival[], ms: number, receiver = new AudioReceiver(pcmu)) {
  const pcm = new Int16Array((ms / 20) * FRAME);
  const frames: PulledFrame[] = [];
  let next = 0;
  for (let tick = 0; tick < ms / 20; tick++) {
    for (; next < arrivals.length && arrivals[next]!.atMs <= tick * 20; next++)
      receiver.push(arrivals[next]!.bytes, arrivals[next]!.packet);
    frames.push(receiver.pull(pcm.subarray(tick * FRAME, (tick + 1) * FRAME)));
  }
  return {
    pcm,
    frames,
    figures: receiver.figures,
    count: (kind: PulledFrame) => frames.filter((f) => f === kind).length,
  };
}

/** What went in, as the codec leaves it. */
function coded(pcm: Int16Array): Int16Array {
  const bytes = new Uint8Array(pcm.length);
  const out = new Int16Array(pcm.length);
  pcmu.makeEncoder().encode(pcm, 0, bytes);
  pcmu.makeDecoder().decode(bytes, 0, bytes.length, out);
  return out;
}

test("on a perfect network all is heard bit for bit, about 40 ms late", () => {
  const pcm = voice(16_000);
  const heard = listen(send(pcm), 1500);
  const first = heard.frames.indexOf("audio");
  expect(first).toBeLessThanOrEqual(3);
  expect(heard.count("concealed")).toBe(0);
  expect(heard.pcm.subarray(first * FRAME)).toEqual(coded(pcm).subarray(0, heard.pcm.length - first * FRAME));
});

test.each([10, 20, 30, 40, 60])("packets of %i ms are heard without a gap", (ptimeMs) => {
  const heard = listen(send(sine(440, 40_000), { ptimeMs }), 4900);
  const first = heard.frames.indexOf("audio");
  expect(first).toBeLessThanOrEqual(6);
  expect(heard.frames.slice(first + 5).every((frame) => frame === "audio")).toBe(true);
  expect(shareOf(heard.pcm.subarray((first + 5) * FRAME), 440)).toBeGreaterThan(0.99);
});

test("reordered and doubled packets are put right", () => {
  const pcm = voice(16_000);
  const sent = send(pcm);
  const swapped = sent.flatMap((arrival, i) =>
    i % 7 === 3
      ? [{ ...arrival, atMs: arrival.atMs + 25 }]
      : i % 5 === 0
        ? [arrival, { ...arrival, atMs: arrival.atMs + 1 }]
        : [arrival],
  );
  const heard = listen(
    swapped.sort((a, b) => a.atMs - b.atMs),
    1900,
  );
  const first = heard.frames.indexOf("audio");
  expect(heard.count("concealed")).toBe(0);
  expect(heard.pcm.subarray(first * FRAME, first * FRAME + 8000)).toEqual(coded(pcm).subarray(0, 8000));
  expect(heard.figures.discarded).toBeGreaterThan(10);
});

test("sequence numbers and timestamps wrap unheard", () => {
  const pcm = voice(16_000);
  const heard = listen(send(pcm, { firstSeq: 65_500, firstTimestamp: 2 ** 32 - 5000 }), 1500);
  const first = heard.frames.indexOf("audio");
  expect(heard.count("concealed")).toBe(0);
  expect(heard.pcm.subarray(first * FRAME, first * FRAME + 8000)).toEqual(coded(pcm).subarray(0, 8000));
});

test("each lost packet costs one concealed frame and shifts nothing", () => {
  const pcm = voice(40_000);
  const sent = send(pcm).filter((_, i) => i % 20 !== 10);
  const heard = listen(sent, 4800);
  const first = heard.frames.indexOf("audio");
  expect(heard.count("concealed")).toBe(12);
  // Far from losses the sound is where it was.
  const at = 4 * 20 * FRAME;
  expect(heard.pcm.subarray((first + 80) * FRAME, (first + 85) * FRAME)).toEqual(
    coded(pcm).subarray(at, at + 5 * FRAME),
  );
});

test.each([1, 2, 3])("with 60 ms of jitter the buffer settles and conceals next to nothing (seed %i)", (seed) => {
  const heard = listen(network(send(sine(440, 240_000)), 60, 0, seed), 29_000);
  expect(heard.frames.slice(250).filter((frame) => frame !== "audio").length).toBeLessThan(15);
  expect(heard.figures.targetMs).toBeLessThanOrEqual(120);
});

test("when jitter is over the delay comes down again", () => {
  const pcm = sine(440, 480_000);
  const sent = send(pcm);
  const rough = network(sent.slice(0, 500), 80, 0, 5);
  const heard = listen(
    [...rough, ...sent.slice(500)].sort((a, b) => a.atMs - b.atMs),
    40_000,
  );
  expect(heard.figures.targetMs).toBeLessThan(50);
  expect(shareOf(heard.pcm.subarray(35 * 8000, 39 * 8000), 440)).toBeGreaterThan(0.99);
});

test.each([1.0005, 0.9995])("a sender's clock %f times ours is followed for five minutes", (clock) => {
  const heard = listen(send(sine(440, 5 * 60 * 8000), { clock }), 298_000);
  expect(heard.count("silence")).toBeLessThan(6);
  expect(heard.count("concealed")).toBeLessThan(20);
  expect(heard.figures.targetMs).toBeLessThan(70);
});

test("5 % loss with 30 ms of jitter conceals about 5 %", () => {
  const heard = listen(network(send(voice(240_000)), 30, 5, 11), 29_000);
  expect(heard.count("concealed")).toBeGreaterThan(40);
  expect(heard.count("concealed")).toBeLessThan(130);
  expect(heard.count("silence")).toBeLessThan(6);
});

test("a new SSRC and a jump of the timestamp are heard on after a moment", () => {
  const tone = sine(440, 8000);
  const sent = [
    ...send(tone),
    ...send(tone, { ssrc: 9, firstSeq: 5000, firstTimestamp: 77_777_777, startMs: 1000 }),
    ...send(tone, { ssrc: 9, firstSeq: 5050, firstTimestamp: 12, startMs: 2000 }),
  ];
  const heard = listen(sent, 2900);
  expect(heard.count("audio")).toBeGreaterThan(130);
});

test("after a pause the next words begin without delay growing", () => {
  const tone = sine(440, 8000);
  const sent = [...send(tone), ...send(tone, { firstSeq: 50, firstTimestamp: 8000 + 40_000, startMs: 6000 })];
  const heard = listen(sent, 6900);
  expect(heard.frames.slice(60, 299).every((frame) => frame === "silence")).toBe(true);
  expect(heard.frames.slice(304).filter((frame) => frame !== "audio").length).toBe(0);
});

test("a burst after a standstill is skipped, not played late for ever", () => {
  const sent = send(voice(80_000)).map((arrival, i) => (i > 100 && i < 125 ? { ...arrival, atMs: 2503 } : arrival));
  const heard = listen(sent, 8000);
  expect(heard.figures.targetMs).toBeLessThan(100);
  expect(heard.frames.slice(200).every((frame) => frame === "audio")).toBe(true);
});

test("any bytes at all neither throw nor stop the sound for good", () => {
  const next = seeded(3);
  const receiver = new AudioReceiver(pcmu);
  const bytes = new Uint8Array(2000);
  const out = new Int16Array(FRAME);
  for (let i = 0; i < 20_000; i++) {
    const payloadSize = Math.floor(next() * 1500);
    receiver.push(bytes, {
      seq: Math.floor(next() * 65_536),
      rtpTimestamp: Math.floor(next() * 2 ** 32),
      ssrc: Math.floor(next() * 3),
      payloadType: 0,
      marker: false,
      payloadOffset: 12,
      payloadSize,
    });
    if (i % 2 === 0) receiver.pull(out);
  }
  const heard = listen(send(sine(440, 8000), { ssrc: 42 }), 900, receiver);
  expect(heard.count("audio")).toBeGreaterThan(35);
});

describe.skipIf(!hasFixtures)("captures", () => {
  test.each([
    ["pcap/alaw_40ms_ptime.pcap", 33_000],
    ["pcap/g711a.pcap", 7000],
  ])("%s is heard at its right speed", (name, ms) => {
    const packets = readRtp(name).filter(({ payloadType }) => payloadType === 8);
    const begin = packets[0]!.atMs;
    const arrivals = packets.map((packet) => ({ atMs: packet.atMs - begin, bytes: packet.bytes, packet }));
    const heard = listen(arrivals, ms, new AudioReceiver(pcma));
    expect(heard.count("audio") * 20).toBeGreaterThan(0.6 * ms);
    expect(energy(heard.pcm, 0, heard.pcm.length)).toBeGreaterThan(0);
  });
});
