import { expect, test } from "vitest";
import { Resampler } from "./resample.ts";

function resample(input: Float32Array, fromHz: number, toHz: number, piece: number): Float32Array {
  const resampler = new Resampler(fromHz, toHz);
  const out: number[] = [];
  const buffer = new Float32Array(resampler.outputLength(piece) + 4096);
  for (let at = 0; at < input.length; at += piece) {
    const part = input.subarray(at, at + piece);
    out.push(...buffer.subarray(0, resampler.process(part, part.length, buffer)));
  }
  out.push(...buffer.subarray(0, resampler.flush(buffer)));
  return Float32Array.from(out);
}

function tone(frequencyHz: number, rateHz: number, seconds: number): Float32Array {
  return Float32Array.from({ length: rateHz * seconds }, (_, i) => Math.sin((2 * Math.PI * frequencyHz * i) / rateHz));
}

/** Mean square of the difference to the same tone made at `toHz`, without both ends. */
function errorOf(frequencyHz: number, fromHz: number, toHz: number): number {
  const out = resample(tone(frequencyHz, fromHz, 1), fromHz, toHz, 1000);
  const meant = tone(frequencyHz, toHz, 1);
  let sum = 0;
  for (let i = 400; i < toHz - 400; i++) sum += (out[i]! - meant[i]!) ** 2;
  return sum / (toHz - 800);
}

test.each([
  [44_100, 8000],
  [48_000, 8000],
  [16_000, 8000],
  [22_050, 8000],
  [11_025, 8000],
  [8000, 16_000],
  [8000, 48_000],
])("%i Hz to %i Hz keeps a tone in place and in level", (fromHz, toHz) => {
  for (const frequencyHz of [300, 1000, 3000]) expect(errorOf(frequencyHz, fromHz, toHz)).toBeLessThan(1e-6);
});

test("what the lower rate cannot carry is gone", () => {
  const out = resample(tone(5000, 48_000, 1), 48_000, 8000, 4800);
  const middle = out.subarray(400, 7600);
  expect(Math.max(...middle.map(Math.abs))).toBeLessThan(1e-3);
});

test("pieces of any size give the same samples", () => {
  const input = tone(700, 44_100, 1);
  expect(resample(input, 44_100, 8000, 7)).toEqual(resample(input, 44_100, 8000, 44_100));
});

test("the output is as long as the input", () => {
  for (const fromHz of [44_100, 48_000, 16_000, 7999]) {
    const out = resample(tone(500, fromHz, 1), fromHz, 8000, 1024);
    expect(Math.abs(out.length - 8000)).toBeLessThanOrEqual(1);
  }
});

test("an odd ratio of rates still keeps a tone clean", () => {
  expect(errorOf(1000, 47_999, 8000)).toBeLessThan(1e-5);
});
