import { describe, expect, test } from "vitest";
import { shareOf, sine } from "../../test/sound.ts";
import { type Codec, findCodec } from "../codec/codec.ts";
import type { ForkFormat, MediaCodecName } from "../types.ts";
import { makeDecoder } from "./talkback.ts";
import { ForkTrack } from "./track.ts";

const PCMU: ForkFormat = { codec: "PCMU", sampleRateHz: 8000, l16ByteOrder: "le" };
const SILENCE = 0xff;

function codecOf(name: MediaCodecName): Codec {
  const codec = findCodec(name);
  if (codec === undefined) throw new Error(`no ${name}`);
  return codec;
}

/** A track on a clock of its own, stepped every 5 ms as the fork's thread does. */
function rig(format: ForkFormat = PCMU) {
  const frames: { readonly atMs: number; readonly bytes: Uint8Array }[] = [];
  let nowMs = 1000;
  const track = new ForkTrack(format, nowMs, (bytes) => frames.push({ atMs: nowMs, bytes }));
  const run = (ms: number): void => {
    for (let i = 0; i < ms; i += 5) {
      nowMs += 5;
      track.step(nowMs);
    }
  };
  const take = (
    number: number,
    more: { fill?: number; ssrc?: number; bytes?: Uint8Array; codec?: Codec; ticks?: number } = {},
  ) => {
    const bytes = more.bytes ?? new Uint8Array(160).fill(more.fill ?? number);
    const rtpTimestamp = (4_294_967_200 + number * (more.ticks ?? 160)) >>> 0;
    const { ssrc = 7, codec = codecOf("PCMU") } = more;
    track.take({ codec, ssrc, rtpTimestamp, atMs: nowMs, bytes, offset: 0, size: bytes.length });
  };
  /** The byte each frame is made of. */
  const heard = (): number[] => frames.map(({ bytes }) => bytes[0]!);
  return { frames, run, take, heard };
}

describe("a track", () => {
  test("sends silence each 20 ms while nothing comes", () => {
    const { frames, run } = rig();
    run(1000);
    expect(frames).toHaveLength(47);
    expect(frames.every(({ bytes }) => bytes.length === 160 && bytes.every((code) => code === SILENCE))).toBe(true);
    expect(frames.slice(1).map(({ atMs }, i) => atMs - frames[i]!.atMs)).toEqual(Array(46).fill(20));
  });

  test("passes packets on as they are, the moment they come", () => {
    const { frames, run, take, heard } = rig();
    for (let i = 1; i <= 50; i++) {
      run(20);
      take(i);
      expect(frames.at(-1)?.bytes[0]).toBe(i);
    }
    expect(heard()).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
  });

  test("puts what was overtaken in order, and silence where something was lost", () => {
    const { run, take, heard } = rig();
    for (const number of [1, 2, 4, 3, 5, 7, 8, 9]) {
      run(20);
      take(number);
    }
    run(20);
    expect(heard()).toEqual([1, 2, 3, 4, 5, SILENCE, 7, 8, 9]);
  });

  test("counts a packet that comes twice once", () => {
    const { run, take, heard } = rig();
    for (const number of [1, 1, 2, 4, 4, 3, 3, 5]) {
      take(number);
      run(10);
    }
    expect(heard().slice(0, 5)).toEqual([1, 2, 3, 4, 5]);
  });

  test("keeps time through a standstill of the network: what then comes too late is left out", () => {
    const { run, take, heard } = rig();
    take(1);
    run(400);
    for (let i = 2; i <= 21; i++) take(i);
    run(20);
    take(22);
    // 17 were replaced by silence until then, 3 were still in time.
    expect(heard()).toEqual([1, ...Array(17).fill(SILENCE), 19, 20, 21, 22]);
  });

  test("keeps time through a pause of the sender", () => {
    const { run, take, heard } = rig();
    take(1);
    run(1000);
    take(51);
    run(20);
    take(52);
    expect(heard()).toHaveLength(52);
    expect(heard().slice(-2)).toEqual([51, 52]);
  });

  test("goes on with a sender whose timestamps stood still or began anew", () => {
    const { run, take, heard } = rig();
    take(1);
    run(600);
    for (let i = 2; i <= 40; i++) {
      take(i);
      run(20);
    }
    expect(heard().at(-1)).toBe(40);
    take(9000, { ssrc: 8, fill: 90 });
    expect(heard().at(-1)).toBe(90);
  });

  test.each([
    [10, 80],
    [30, 240],
    [60, 480],
  ])("makes 20 ms frames of packets of %i ms", (ptimeMs, size) => {
    const { frames, run, take } = rig();
    for (let i = 1; i <= 60; i++) {
      take(i, { bytes: new Uint8Array(size).fill(5), ticks: size });
      run(ptimeMs);
    }
    const sent = frames.filter(({ bytes }) => bytes.every((code) => code === 5));
    expect(sent).toHaveLength((60 * ptimeMs) / 20);
    expect(frames).toHaveLength(sent.length);
  });

  test.each([
    ["PCMA", 8000],
    ["L16", 8000],
    ["L16", 16_000],
    ["L16", 24_000],
    ["L16", 48_000],
    ["G722", 8000],
    ["OPUS", 16_000],
  ] as const)("makes %s at %i Hz of PCMU, a frame for each packet", (codec, sampleRateHz) => {
    if (findCodec(codec) === undefined) return;
    const format: ForkFormat = { codec, sampleRateHz, l16ByteOrder: "le" };
    const { frames, run, take } = rig(format);
    const tone = sine(620, 160 * 100);
    const { decoder, rateHz } = makeDecoder(format);
    const encoder = codecOf("PCMU").makeEncoder();
    for (let i = 0; i < 100; i++) {
      const bytes = new Uint8Array(160);
      encoder.encode(tone.subarray(i * 160, (i + 1) * 160), 0, bytes);
      take(i, { bytes });
      expect(frames).toHaveLength(i + 1);
      run(20);
    }
    const pcm: number[] = [];
    const out = new Int16Array(5760);
    for (const { bytes } of frames) pcm.push(...out.subarray(0, decoder.decode(bytes, 0, bytes.length, out)));
    expect(pcm.length).toBe((rateHz / 50) * 100);
    expect(shareOf(Int16Array.from(pcm.slice(rateHz / 5)), 620, rateHz)).toBeGreaterThan(0.97);
  });
});
