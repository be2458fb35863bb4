import { expect, test } from "vitest";
import { meanOpinion } from "./e-model.ts";

test("an undisturbed call is 4.4, the best of the narrow-band scale (G.107 annex B, R = 93.2)", () => {
  expect(meanOpinion("PCMU", 0, 0)).toBeCloseTo(4.41, 2);
  expect(meanOpinion("OPUS", 0, 100)).toBeCloseTo(4.41, 2);
});

test("delay costs nothing up to 100 ms and much above 300 ms (G.107 §7.4)", () => {
  expect(meanOpinion("PCMA", 0, 150)).toBeGreaterThan(4.35);
  expect(meanOpinion("PCMA", 0, 400)).toBeLessThan(3.7);
});

test("loss lowers it steadily, from 1 to 4.5 at all times", () => {
  const opinions = Array.from({ length: 101 }, (_, lossPct) => meanOpinion("PCMU", lossPct, 60));
  opinions.reduce((before, opinion) => {
    expect(opinion).toBeLessThanOrEqual(before);
    return opinion;
  });
  expect(Math.min(...opinions)).toBeGreaterThanOrEqual(1);
  // Ie,eff = 95 · 5 ÷ (5 + 25.1) = 15.8, R = 77.4.
  expect(opinions[5]).toBeCloseTo(3.92, 2);
  // 42.1 and 51.1.
  expect(opinions[20]).toBeCloseTo(2.63, 2);
});
