/** What every codec owes. */
import { describe, expect, test } from "vitest";
import { shareOf, signalToNoiseDb, sine, voice } from "../../test/sound.ts";
import type { Codec } from "./codec.ts";

const FRAME_MS = 20;

export function codecCases(codec: Codec, golden: { readonly leastSnrDb: number }): void {
  const frameSamples = (codec.sampleRateHz * FRAME_MS) / 1000;

  /** Encodes and decodes frame by frame. */
  function roundTrip(pcm: Int16Array): Int16Array {
    const encoder = codec.makeEncoder();
    const decoder = codec.makeDecoder();
    const packet = new Uint8Array(2048);
    const frame = new Int16Array(frameSamples);
    const heard = new Int16Array(pcm.length);
    for (let at = 0; at + frameSamples <= pcm.length; at += frameSamples) {
      const size = encoder.encode(pcm.subarray(at, at + frameSamples), 0, packet);
      expect(decoder.decode(packet, 0, size, frame)).toBe(frameSamples);
      heard.set(frame, at);
    }
    return heard;
  }

  describe(codec.name, () => {
    test("silence in gives near-silence out", () => {
      expect(Math.max(...roundTrip(new Int16Array(frameSamples)).map(Math.abs))).toBeLessThanOrEqual(8);
    });

    test("a 1 kHz tone keeps its pitch", () => {
      const heard = roundTrip(sine(1000, codec.sampleRateHz, 8000, codec.sampleRateHz));
      expect(shareOf(heard, 1000, codec.sampleRateHz)).toBeGreaterThan(0.99);
    });

    test("a voice comes out close to what went in", () => {
      const meant = voice(8000);
      expect(signalToNoiseDb(meant, roundTrip(meant))).toBeGreaterThan(golden.leastSnrDb);
    });

    test("the loudest samples do not wrap around", () => {
      const square = Int16Array.from({ length: frameSamples }, (_, i) => (i % 20 < 10 ? 32_767 : -32_768));
      const heard = roundTrip(square);
      for (let i = 0; i < heard.length; i++) expect(Math.sign(heard[i]!)).toBe(Math.sign(square[i]!));
    });

    test("an empty payload decodes to nothing", () => {
      expect(codec.makeDecoder().decode(new Uint8Array(0), 0, 0, new Int16Array(frameSamples))).toBe(0);
    });

    test("a payload that claims more than its buffer holds is decoded as far as it goes", () => {
      const out = new Int16Array(4 * frameSamples);
      expect(codec.makeDecoder().decode(new Uint8Array(10), 4, 5000, out)).toBeLessThanOrEqual(out.length);
      expect(codec.makeDecoder().decode(new Uint8Array(10), 40, 10, out)).toBe(0);
    });

    test("nothing is written past the end of what is given to write to", () => {
      const out = new Int16Array(7);
      expect(codec.makeDecoder().decode(new Uint8Array(100).fill(0x33), 0, 100, out)).toBeLessThanOrEqual(7);
      expect(codec.makeEncoder().encode(sine(500, frameSamples), 3, new Uint8Array(9))).toBeLessThanOrEqual(6);
    });
  });
}
