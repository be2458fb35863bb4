import { describe, expect, test } from "vitest";
import { alignedSnrDb, sine, voice } from "../../test/sound.ts";
import { energy } from "./energy.ts";
import { RateConverter } from "./rate-converter.ts";

const PAIRS = [
  [8000, 16_000],
  [16_000, 8000],
  [8000, 48_000],
  [48_000, 8000],
  [16_000, 48_000],
  [48_000, 16_000],
] as const;

function converted(pcm: Int16Array, fromHz: number, toHz: number): Int16Array {
  const converter = new RateConverter(fromHz, toHz, 20);
  const step = fromHz / 50;
  const out = new Int16Array((pcm.length * toHz) / fromHz);
  let at = 0;
  for (let from = 0; from < pcm.length; from += step)
    at += converter.process(pcm.subarray(from, from + step), step, out.subarray(at));
  expect(at).toBe(out.length);
  return out;
}

/** Level against the input's, dB, after the first 100 ms. */
function gainDb(frequencyHz: number, fromHz: number, toHz: number): number {
  const meant = sine(frequencyHz, fromHz, 8000, fromHz);
  const heard = converted(meant, fromHz, toHz).subarray(toHz / 10);
  return 10 * Math.log10(Math.max(1e-9, energy(heard, 0, heard.length)) / energy(meant, 0, meant.length));
}

describe.each(PAIRS)("%i Hz to %i Hz", (fromHz, toHz) => {
  const edgeHz = Math.min(fromHz, toHz) / 2;

  test("a voice stays what it was, frame by frame, 2 ms late at most", () => {
    const heard = converted(voice(fromHz, fromHz), fromHz, toHz);
    expect(alignedSnrDb(voice(toHz, toHz), heard, toHz / 500)).toBeGreaterThan(34);
  });

  test("the level stays up to four fifths of the band", () => {
    for (const share of [0.05, 0.3, 0.6, 0.8])
      expect(Math.abs(gainDb(share * edgeHz, fromHz, toHz)), `${share}`).toBeLessThan(0.7);
  });

  test.runIf(toHz < fromHz)("what the lower rate cannot carry does not fold into it", () => {
    for (const share of [1.15, 1.4, 1.9]) expect(gainDb(share * edgeHz, fromHz, toHz), `${share}`).toBeLessThan(-50);
  });

  test("the loudest samples do not wrap around", () => {
    const square = Int16Array.from({ length: fromHz }, (_, i) =>
      i % (fromHz / 100) < fromHz / 200 ? 32_767 : -32_768,
    );
    const heard = converted(square, fromHz, toHz);
    for (let i = 100; i < heard.length; i++) expect(Math.abs(heard[i]! - heard[i - 1]!)).toBeLessThan(65_536);
    expect(Math.max(...heard.subarray(0, 2000))).toBe(32_767);
  });
});

test("rates that are no multiples of each other are refused", () => {
  expect(() => new RateConverter(8000, 44_100, 20)).toThrow("whole number");
});
