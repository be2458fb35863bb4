import { randomUint32, seededRandom } from "@voepy/base";
import { expect, test } from "vitest";
import { alignmentOf, gapsOf } from "./expect-audio.ts";
import { decodeG711, encodeG711 } from "./g711.ts";
import { makeTone } from "./tone-id.ts";

/** Noise: like itself at one lag only. */
function speechLike(samples: number): Int16Array {
  const random = seededRandom(11);
  let low = 0;
  return Int16Array.from({ length: samples }, () => {
    low = 0.8 * low + ((randomUint32(random) / 2 ** 32) * 2 - 1) * 4000;
    return low;
  });
}

test("a delayed, quieter, companded copy is found at its lag with its gain", () => {
  const reference = speechLike(4000);
  const heard = new Int16Array(6000);
  heard.set(
    decodeG711(
      "PCMU",
      encodeG711(
        "PCMU",
        reference.map((sample) => sample / 2),
      ),
    ),
    333,
  );
  const found = alignmentOf(heard, reference);
  expect(found.lagSamples).toBe(333);
  expect(found.correlation).toBeGreaterThan(0.99);
  expect(found.gainDb).toBeCloseTo(-6, 0);
});

test("a copy whose beginning is missing has a negative lag", () => {
  const reference = speechLike(4000);
  expect(alignmentOf(reference.slice(500), reference)).toMatchObject({ lagSamples: -500 });
});

test("other sound and silence do not correlate", () => {
  expect(alignmentOf(makeTone(1004, 500), speechLike(4000)).correlation).toBeLessThan(0.3);
  expect(alignmentOf(new Int16Array(4000), speechLike(4000)).correlation).toBe(0);
});

test("gaps are found where they are, at the end too, and short ones are let pass", () => {
  const pcm = makeTone(440, 1000);
  pcm.fill(0, 8 * 100, 8 * 140);
  pcm.fill(0, 8 * 500, 8 * 505);
  pcm.fill(0, 8 * 960);
  expect(gapsOf(pcm)).toEqual([
    { startMs: 100, durationMs: 40 },
    { startMs: 960, durationMs: 40 },
  ]);
  expect(gapsOf(makeTone(440, 1000))).toEqual([]);
  expect(gapsOf(new Int16Array(800))).toEqual([{ startMs: 0, durationMs: 100 }]);
});
