import { expect, test } from "vitest";
import { codecCases } from "./codec.cases.ts";
import { PCMA_SILENCE, PCMA_TO_PCM, pcma } from "./pcma.ts";

codecCases(pcma, { leastSnrDb: 35, isInstant: true });

test("decodes the landmarks of ITU-T G.711 table 1a", () => {
  expect([PCMA_SILENCE, 0x55, 0xaa, 0x2a, 0xd4].map((code) => PCMA_TO_PCM[code])).toEqual([8, -8, 32_256, -32_256, 24]);
});

test("every code encodes back to itself", () => {
  const codes = new Uint8Array(256);
  pcma.makeEncoder().encode(PCMA_TO_PCM, 0, codes);
  expect([...codes]).toEqual(Array.from({ length: 256 }, (_, i) => i));
});

test("every sample comes back within half a step of its segment, and louder is never quieter", () => {
  const pcm = Int16Array.from({ length: 65_536 }, (_, i) => i - 32_768);
  const codes = new Uint8Array(65_536);
  pcma.makeEncoder().encode(pcm, 0, codes);
  let before = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < pcm.length; i++) {
    const heard = PCMA_TO_PCM[codes[i]!]!;
    if (Math.abs(heard - pcm[i]!) > Math.max(8, Math.abs(pcm[i]!) / 32 + 1))
      throw new Error(`${pcm[i]} became ${heard}`);
    if (heard < before) throw new Error(`${pcm[i]} became ${heard} after ${before}`);
    before = heard;
  }
  expect(before).toBe(PCMA_TO_PCM[codes[65_535]!]);
});
