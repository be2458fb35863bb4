import { expect, test } from "vitest";
import { shareOf } from "../../test/sound.ts";
import { energy } from "./energy.ts";
import { amplitudeOf, ToneGenerator } from "./tone.ts";

function render(generator: ToneGenerator, frames: number, frameSamples = 160): Int16Array {
  const out = new Int16Array(frames * frameSamples);
  for (let i = 0; i < frames; i++) generator.write(0, out.subarray(i * frameSamples, (i + 1) * frameSamples));
  return out;
}

test("a tone has its pitch and its level", () => {
  const spec = { segments: [{ frequenciesHz: [440], levelDbm0: -10, durationMs: 1000 }], repeat: false };
  const pcm = render(new ToneGenerator(spec, 8000), 50);
  expect(shareOf(pcm, 440)).toBeGreaterThan(0.999);
  expect(Math.sqrt(2 * energy(pcm, 0, pcm.length))).toBeCloseTo(amplitudeOf(-10), -1);
});

test("0 dBm0 lies 3.14 dB below the sine that fills 16 bits", () => {
  expect(20 * Math.log10(amplitudeOf(0) / 32_768)).toBeCloseTo(-3.14, 5);
});

test("the phase runs on over frames and over segments of the same frequency", () => {
  const segment = { frequenciesHz: [310], levelDbm0: -10, durationMs: 33 };
  const pcm = render(new ToneGenerator({ segments: [segment, segment], repeat: true }, 8000), 20);
  const whole = render(
    new ToneGenerator({ segments: [{ ...segment, durationMs: 400 }], repeat: false }, 8000),
    1,
    3200,
  );
  expect(pcm).toEqual(whole);
});

test("segments last exactly as long as they say, however they divide", () => {
  const on = { frequenciesHz: [1000], levelDbm0: -10, durationMs: 33.3 };
  const off = { frequenciesHz: [], levelDbm0: 0, durationMs: 66.7 };
  const generator = new ToneGenerator({ segments: [on, off], repeat: true }, 8000);
  const pcm = render(generator, 500);
  // A hundred rounds of 100 ms: the last one begins where it should.
  expect(energy(pcm, 79_200, 79_466)).toBeGreaterThan(1e6);
  expect(energy(pcm, 79_467, 80_000)).toBe(0);
});

test("a tone that does not repeat says when it is over", () => {
  const generator = new ToneGenerator(
    { segments: [{ frequenciesHz: [500], levelDbm0: -10, durationMs: 25 }], repeat: false },
    8000,
  );
  const out = new Int16Array(160);
  expect([generator.write(0, out), generator.write(0, out), generator.write(0, out)]).toEqual([160, 40, 0]);
});

test("a tone without length ends instead of turning for ever", () => {
  const empty = { frequenciesHz: [500], levelDbm0: -10, durationMs: 0 };
  const out = new Int16Array(160);
  expect(new ToneGenerator({ segments: [empty], repeat: true }, 8000).write(0, out)).toBe(0);
  expect(new ToneGenerator({ segments: [], repeat: true }, 8000).write(0, out)).toBe(0);
});
