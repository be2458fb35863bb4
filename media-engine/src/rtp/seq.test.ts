import { expect, test } from "vitest";
import { seqDistance, timestampDistance, unwrapSeq } from "./seq.ts";

test("distances go the short way round", () => {
  expect(seqDistance(0xffff, 1)).toBe(2);
  expect(seqDistance(1, 0xffff)).toBe(-2);
  expect(timestampDistance(0xffffff00, 0x100)).toBe(0x200);
});

test("numbers are unwrapped next to the highest one seen", () => {
  expect(unwrapSeq(0x1ffff, 0)).toBe(0x20000);
  expect(unwrapSeq(0x20000, 0xffff)).toBe(0x1ffff);
  expect(unwrapSeq(0x20005, 7)).toBe(0x20007);
});
