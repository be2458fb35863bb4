import { expect, test } from "vitest";
import { codecCases } from "./codec.cases.ts";
import { l16, l16Narrow } from "./l16.ts";

codecCases(l16, { leastSnrDb: 90, isInstant: true });
codecCases(l16Narrow, { leastSnrDb: 90, isInstant: true });

test("the high byte goes first (RFC 3551 §4.5.11)", () => {
  const bytes = new Uint8Array(6);
  expect(l16.makeEncoder().encode(Int16Array.of(0x1234, -2, -32_768), 0, bytes)).toBe(6);
  expect([...bytes]).toEqual([0x12, 0x34, 0xff, 0xfe, 0x80, 0x00]);
  const out = new Int16Array(3);
  expect(l16.makeDecoder().decode(bytes, 0, 6, out)).toBe(3);
  expect([...out]).toEqual([0x1234, -2, -32_768]);
});
