/** What a frame of 20 ms costs in each part of the sound path, in ns: `node media-engine/bench/sound.bench.ts`. */
import { systemClock } from "@voepy/base";
import { allCodecs } from "../src/codec/codec.ts";
import { pcma } from "../src/codec/pcma.ts";
import { pcmu } from "../src/codec/pcmu.ts";
import { PCMU_TO_PCMA, transcodeInPlace } from "../src/codec/transcode.ts";
import { addInto, subtractClipped } from "../src/dsp/mix.ts";
import { RateConverter } from "../src/dsp/rate-converter.ts";
import { ToneGenerator } from "../src/dsp/tone.ts";
import { AudioReceiver } from "../src/jitter/audio-receiver.ts";
import { Concealer } from "../src/jitter/conceal.ts";
import { JitterBuffer } from "../src/jitter/jitter-buffer.ts";
import { makeRecorderRing, RecorderTap } from "../src/nodes/recorder-tap.ts";
import { RingReader } from "../src/nodes/ring.ts";
import { voice } from "../test/sound.ts";

const FRAME = 160;
const ROUNDS = 200_000;

const sound = voice(64 * FRAME);
const frames = Array.from({ length: 64 }, (_, i) => sound.slice(i * FRAME, (i + 1) * FRAME));
const packets = frames.map((frame) => {
  const bytes = new Uint8Array(12 + FRAME);
  pcmu.makeEncoder().encode(frame, 12, bytes);
  return bytes;
});
const out = new Int16Array(FRAME);
const payload = new Uint8Array(FRAME);
const header = {
  seq: 0,
  rtpTimestamp: 0,
  ssrc: 1,
  payloadType: 0,
  marker: false,
  payloadOffset: 12,
  payloadSize: FRAME,
};

function headerOf(i: number): typeof header {
  header.seq = i & 0xffff;
  header.rtpTimestamp = (i * FRAME) >>> 0;
  return header;
}

/** The best of five runs, after one to warm up. */
function measure(name: string, step: (i: number) => void, rounds = ROUNDS): void {
  const heapBefore = process.memoryUsage().heapUsed;
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 6; run++) {
    const begin = systemClock.nowMs();
    for (let i = 0; i < rounds; i++) step(i);
    if (run > 0) best = Math.min(best, systemClock.nowMs() - begin);
  }
  const grown = (process.memoryUsage().heapUsed - heapBefore) / (6 * rounds);
  console.log(
    `${name.padEnd(36)} ${((best * 1e6) / rounds).toFixed(0).padStart(7)} ns  ${grown.toFixed(2).padStart(6)} heap bytes`,
  );
}

const decoder = pcmu.makeDecoder();
const encoder = pcma.makeEncoder();
measure("decode PCMU", (i) => decoder.decode(packets[i & 63]!, 12, FRAME, out));
measure("encode PCMA", (i) => encoder.encode(frames[i & 63]!, 0, payload));
measure("transcode PCMU to PCMA in place", () => transcodeInPlace(PCMU_TO_PCMA, 0, FRAME, payload));

for (const codec of allCodecs()) {
  for (const rateHz of codec.ratesHz) {
    const samples = rateHz / 50;
    const speech = voice(64 * samples, rateHz);
    const pcm = Array.from({ length: 64 }, (_, i) => speech.slice(i * samples, (i + 1) * samples));
    const prepared = codec.makeEncoder({ rateHz });
    const coded = pcm.map((frame) => {
      const bytes = new Uint8Array(1500);
      return bytes.slice(0, prepared.encode(frame, 0, bytes));
    });
    const [coder, undo] = [codec.makeEncoder({ rateHz }), codec.makeDecoder({ rateHz })];
    const [bytes, frame] = [new Uint8Array(1500), new Int16Array(samples)];
    const rounds = codec.name === "OPUS" ? ROUNDS / 20 : ROUNDS / 4;
    measure(`encode ${codec.name} ${rateHz}`, (i) => coder.encode(pcm[i & 63]!, 0, bytes), rounds);
    measure(
      `decode ${codec.name} ${rateHz}`,
      (i) => undo.decode(coded[i & 63]!, 0, coded[i & 63]!.length, frame),
      rounds,
    );
  }
}

for (const [fromHz, toHz] of [
  [8000, 16_000],
  [16_000, 8000],
  [8000, 48_000],
  [48_000, 8000],
] as const) {
  const converter = new RateConverter(fromHz, toHz, 20);
  const [input, output] = [voice(fromHz / 50, fromHz), new Int16Array(toHz / 50)];
  measure(`convert ${fromHz} to ${toHz}`, () => converter.process(input, input.length, output), ROUNDS / 4);
}

const jitter = new JitterBuffer(8000);
measure("jitter buffer push, tick, pop", (i) => {
  jitter.push(packets[i & 63]!, headerOf(i));
  jitter.tick(FRAME);
  if (jitter.pop() === "packet") jitter.played(FRAME);
});

const receiver = new AudioReceiver(pcmu);
measure("receiver push and pull", (i) => {
  receiver.push(packets[i & 63]!, headerOf(i));
  receiver.pull(out);
});
const lossy = new AudioReceiver(pcmu);
measure("receiver, every tenth packet lost", (i) => {
  if (i % 10 !== 5) lossy.push(packets[i & 63]!, headerOf(i));
  lossy.pull(out);
});

const concealer = new Concealer(8000);
measure("one good and one concealed frame", (i) => {
  concealer.good(0, FRAME, frames[i & 63]!);
  concealer.conceal(0, FRAME, out);
});

const sum = new Int32Array(FRAME);
measure("mix of three", () => {
  sum.fill(0);
  for (let member = 0; member < 3; member++) addInto(frames[member]!, sum);
  for (let member = 0; member < 3; member++) subtractClipped(sum, frames[member]!, out);
});

const tone = new ToneGenerator(
  { segments: [{ frequenciesHz: [440, 480], levelDbm0: -19, durationMs: 1e9 }], repeat: true },
  8000,
);
measure("tone of two frequencies", () => tone.write(0, out));

const ring = makeRecorderRing();
const tap = new RecorderTap(ring, 0);
const reader = new RingReader(ring);
const nothing = (): void => undefined;
measure("recorder tap, a packet in and out", (i) => {
  tap.rxPacket(packets[i & 63]!, headerOf(i), i);
  if (i % 20 === 0) reader.read(nothing);
});
