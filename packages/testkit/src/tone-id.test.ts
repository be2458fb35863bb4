import { randomUint32, seededRandom } from "@voepy/base";
import { expect, test } from "vitest";
import { decodeG711, encodeG711 } from "./g711.ts";
import { heardAmong, heardHz, levelDbm0, makeTone, toneLevelDbm0, tonesOf } from "./tone-id.ts";

function mix(...parts: Int16Array[]): Int16Array {
  const out = new Int16Array(parts[0]!.length);
  for (const part of parts) for (let i = 0; i < out.length; i++) out[i] = out[i]! + part[i]!;
  return out;
}

function noise(samples: number, amplitude: number): Int16Array {
  const random = seededRandom(3);
  return Int16Array.from({ length: samples }, () => ((randomUint32(random) / 2 ** 32) * 2 - 1) * amplitude);
}

test("pitches and levels of a mix are found, lowest first", () => {
  const tones = tonesOf(mix(makeTone(880, 400, { levelDbm0: -16 }), makeTone(440, 400, { levelDbm0: -10 })));
  expect(tones.map((tone) => Math.round(tone.hz))).toEqual([440, 880]);
  expect(tones[0]!.levelDbm0).toBeCloseTo(-10, 0);
  expect(tones[1]!.levelDbm0).toBeCloseTo(-16, 0);
});

test.each([300, 437, 1004, 1700, 3300])("a lone tone of %i Hz through G.711 is that tone and no other", (hz) => {
  for (const law of ["PCMU", "PCMA"] as const) {
    const heard = tonesOf(decodeG711(law, encodeG711(law, makeTone(hz, 300))));
    expect(heard.length).toBe(1);
    expect(Math.abs(heard[0]!.hz - hz)).toBeLessThan(2);
  }
});

test("neither silence nor faint noise is heard as a tone", () => {
  expect(heardHz(new Int16Array(4000))).toEqual([]);
  expect(heardHz(noise(4000, 60))).toEqual([]);
  expect(heardHz(new Int16Array(0))).toEqual([]);
});

test("a tone with a twentieth of its packets missing is still one tone", () => {
  const pcm = makeTone(620, 1000);
  for (let at = 160; at < pcm.length; at += 160 * 20) pcm.fill(0, at, at + 160);
  expect(heardHz(pcm)).toEqual([620]);
});

test("a tone with a fifth of its packets missing at random is still one tone", () => {
  const random = seededRandom(5);
  for (let run = 0; run < 20; run++) {
    const pcm = makeTone(440, 1000);
    for (let at = 0; at < pcm.length; at += 160) if (randomUint32(random) % 5 === 0) pcm.fill(0, at, at + 160);
    expect(heardHz(pcm)).toEqual([440]);
  }
});

test("asked for candidates, only those that sound are named", () => {
  const pcm = mix(makeTone(620, 400), makeTone(880, 400));
  expect(heardAmong(pcm, [440, 620, 880])).toEqual([620, 880]);
  expect(heardAmong(new Int16Array(3200), [440, 620, 880])).toEqual([]);
});

test("two tones 40 Hz apart are told apart within half a second", () => {
  expect(heardHz(mix(makeTone(440, 500), makeTone(480, 500)))).toEqual([440, 480]);
});

test("levels: a sine of −20 dBm0 measures so by its pitch and by its power", () => {
  const pcm = makeTone(1004, 500, { levelDbm0: -20 });
  expect(toneLevelDbm0(pcm, 1004)).toBeCloseTo(-20, 1);
  expect(levelDbm0(pcm)).toBeCloseTo(-20, 1);
  expect(levelDbm0(new Int16Array(10))).toBe(-Infinity);
});
