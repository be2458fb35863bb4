import { expect, test } from "vitest";
import { codecCases } from "./codec.cases.ts";
import { PCMU_SILENCE, PCMU_TO_PCM, pcmu } from "./pcmu.ts";

codecCases(pcmu, { leastSnrDb: 35, isInstant: true });

test("decodes the landmarks of ITU-T G.711 table 2a", () => {
  expect([0x80, 0x00, 0xff, 0x7f, 0xfe, 0x8f].map((code) => PCMU_TO_PCM[code])).toEqual([
    32_124, -32_124, 0, 0, 8, 16_764,
  ]);
});

test("every code but the second zero encodes back to itself", () => {
  const codes = new Uint8Array(256);
  pcmu.makeEncoder().encode(PCMU_TO_PCM, 0, codes);
  const wrong = Array.from(codes, (code, i) => ({ code, i })).filter(({ code, i }) => code !== i);
  expect(wrong).toEqual([{ code: PCMU_SILENCE, i: 0x7f }]);
});

test("every sample comes back within half a step of its segment, and louder is never quieter", () => {
  const pcm = Int16Array.from({ length: 65_536 }, (_, i) => i - 32_768);
  const codes = new Uint8Array(65_536);
  pcmu.makeEncoder().encode(pcm, 0, codes);
  let before = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < pcm.length; i++) {
    const heard = PCMU_TO_PCM[codes[i]!]!;
    if (Math.abs(heard - pcm[i]!) > (Math.abs(pcm[i]!) + 132) / 32 + 3) throw new Error(`${pcm[i]} became ${heard}`);
    if (heard < before) throw new Error(`${pcm[i]} became ${heard} after ${before}`);
    before = heard;
  }
  expect(before).toBe(PCMU_TO_PCM[codes[65_535]!]);
});
