import { expect, test } from "vitest";
import { sine } from "../../test/sound.ts";
import { removePeriod } from "./shorten.ts";

test("a period taken out of a tone leaves the tone, a period shorter", () => {
  const pcm = sine(100, 320);
  const left = removePeriod(80, 320, pcm);
  expect(left).toBe(240);
  const meant = sine(100, 240);
  for (let i = 0; i < left; i++) expect(Math.abs(pcm[i]! - meant[i]!)).toBeLessThan(3);
});

test("what is shorter than two periods is left alone", () => {
  const pcm = sine(100, 100);
  expect(removePeriod(80, 100, pcm)).toBe(100);
  expect(pcm).toEqual(sine(100, 100));
});
