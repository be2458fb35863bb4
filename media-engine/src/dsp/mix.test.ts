import { expect, test } from "vitest";
import { addInto, copyClipped, mixInto, subtractClipped } from "./mix.ts";

test("each hears the sum minus itself, clipped once at the end", () => {
  const ann = Int16Array.from([30_000, 1]);
  const bob = Int16Array.from([30_000, 2]);
  const eve = Int16Array.from([-30_000, 4]);
  const sum = new Int32Array(2);
  for (const frame of [ann, bob, eve]) addInto(frame, sum);
  const out = new Int16Array(2);
  subtractClipped(sum, ann, out);
  expect([...out]).toEqual([0, 6]);
  subtractClipped(sum, eve, out);
  expect([...out]).toEqual([32_767, 3]);
  copyClipped(sum, out);
  expect([...out]).toEqual([30_000, 7]);
});

test("mixing one frame into another clips both ways", () => {
  const out = Int16Array.from([32_000, -32_000, 5]);
  mixInto(Int16Array.from([1000, -1000, 6]), out);
  expect([...out]).toEqual([32_767, -32_768, 11]);
});
