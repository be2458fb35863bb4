import { expect, test } from "vitest";
import { pcma } from "./pcma.ts";
import { pcmu } from "./pcmu.ts";
import { PCMA_TO_PCMU, PCMU_TO_PCMA, transcodeInPlace } from "./transcode.ts";

test("a byte table gives what decoding and encoding would", () => {
  const codes = Uint8Array.from({ length: 256 }, (_, i) => i);
  for (const [table, from, to] of [
    [PCMU_TO_PCMA, pcmu, pcma],
    [PCMA_TO_PCMU, pcma, pcmu],
  ] as const) {
    const pcm = new Int16Array(256);
    const expected = new Uint8Array(256);
    from.makeDecoder().decode(codes, 0, 256, pcm);
    to.makeEncoder().encode(pcm, 0, expected);
    const packet = codes.slice();
    transcodeInPlace(table, 0, 256, packet);
    expect(packet).toEqual(expected);
  }
});

test("only the payload is rewritten", () => {
  const packet = new Uint8Array(16).fill(1);
  transcodeInPlace(PCMU_TO_PCMA, 12, 2, packet);
  expect([...packet]).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, PCMU_TO_PCMA[1], PCMU_TO_PCMA[1], 1, 1]);
});
