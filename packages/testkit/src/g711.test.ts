import { expect, test } from "vitest";
import { decodeG711, encodeG711 } from "./g711.ts";

const everyCode = Uint8Array.from({ length: 256 }, (_, i) => i);

test("every code but µ-law's negative zero survives decoding and encoding (ITU-T G.711)", () => {
  expect(encodeG711("PCMA", decodeG711("PCMA", everyCode))).toEqual(everyCode);
  const mu = encodeG711("PCMU", decodeG711("PCMU", everyCode));
  expect([...mu].filter((code, i) => code !== i)).toEqual([0xff]);
  expect(mu[0x7f]).toBe(0xff);
});

test("known values: silence, the extremes and the first steps", () => {
  expect([...decodeG711("PCMU", Uint8Array.of(0xff, 0x7f, 0x80, 0x00, 0xfe))]).toEqual([0, 0, 32124, -32124, 8]);
  expect([...decodeG711("PCMA", Uint8Array.of(0xd5, 0x55, 0xaa, 0x2a))]).toEqual([8, -8, 32256, -32256]);
  expect([...encodeG711("PCMU", Int16Array.of(0, 32767, -32768))]).toEqual([0xff, 0x80, 0x00]);
  expect([...encodeG711("PCMA", Int16Array.of(0, 32767, -32768))]).toEqual([0xd5, 0xaa, 0x2a]);
});

test("coding never errs by more than half a step of its segment", () => {
  for (const law of ["PCMU", "PCMA"] as const) {
    for (let sample = -32_000; sample <= 32_000; sample += 7) {
      const back = decodeG711(law, encodeG711(law, Int16Array.of(sample)))[0]!;
      expect(Math.abs(back - sample)).toBeLessThanOrEqual((Math.abs(sample) + 300) / 32);
    }
  }
});
