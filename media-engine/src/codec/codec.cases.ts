/** What every codec owes. */
import { describe, expect, test } from "vitest";
import { alignedSnrDb, shareOf, sine, voice } from "../../test/sound.ts";
import type { Codec } from "./codec.ts";

const FRAME_MS = 20;

/** Longest delay of any codec, ms. */
const DELAY_MS = 10;

export interface Golden {
  /** Of a voice, at the best delay. */
  readonly leastSnrDb: number;
  /** One of the codec's; default: the highest. */
  readonly rateHz?: number;
  /** A sample in is a sample out, at once: no filter, no prediction of bandwidth. */
  readonly isInstant?: boolean;
}

export function codecCases(codec: Codec, golden: Golden): void {
  const rateHz = golden.rateHz ?? codec.sampleRateHz;
  const frameSamples = (rateHz * FRAME_MS) / 1000;

  /** Encodes and decodes frame by frame. */
  function roundTrip(pcm: Int16Array): Int16Array {
    const encoder = codec.makeEncoder({ rateHz });
    const decoder = codec.makeDecoder({ rateHz });
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

  describe(`${codec.name} at ${rateHz} Hz`, () => {
    test("silence in gives near-silence out", () => {
      expect(Math.max(...roundTrip(new Int16Array(frameSamples)).map(Math.abs))).toBeLessThanOrEqual(8);
    });

    test("a 1 kHz tone keeps its pitch", () => {
      const heard = roundTrip(sine(1000, rateHz, 8000, rateHz)).subarray(rateHz / 5);
      expect(shareOf(heard, 1000, rateHz)).toBeGreaterThan(0.99);
    });

    test("a voice comes out close to what went in", () => {
      const meant = voice(rateHz, rateHz);
      const late = golden.isInstant === true ? 0 : (DELAY_MS * rateHz) / 1000;
      expect(alignedSnrDb(meant, roundTrip(meant), late)).toBeGreaterThan(golden.leastSnrDb);
    });

    test.runIf(golden.isInstant)("the loudest samples do not wrap around", () => {
      const square = Int16Array.from({ length: frameSamples }, (_, i) => (i % 20 < 10 ? 32_767 : -32_768));
      const heard = roundTrip(square);
      for (let i = 0; i < heard.length; i++) expect(Math.sign(heard[i]!)).toBe(Math.sign(square[i]!));
    });

    test("an empty payload decodes to nothing", () => {
      expect(codec.makeDecoder({ rateHz }).decode(new Uint8Array(0), 0, 0, new Int16Array(frameSamples))).toBe(0);
    });

    test("a payload that claims more than its buffer holds is decoded as far as it goes", () => {
      const out = new Int16Array(6 * frameSamples);
      expect(codec.makeDecoder({ rateHz }).decode(new Uint8Array(10), 4, 5000, out)).toBeLessThanOrEqual(out.length);
      expect(codec.makeDecoder({ rateHz }).decode(new Uint8Array(10), 40, 10, out)).toBe(0);
    });

    test("nothing is written past the end of what is given to write to", () => {
      const out = new Int16Array(7);
      expect(codec.makeDecoder({ rateHz }).decode(new Uint8Array(100).fill(0x33), 0, 100, out)).toBeLessThanOrEqual(7);
      expect(codec.makeEncoder({ rateHz }).encode(sine(500, frameSamples), 3, new Uint8Array(9))).toBeLessThanOrEqual(
        6,
      );
    });
  });
}
