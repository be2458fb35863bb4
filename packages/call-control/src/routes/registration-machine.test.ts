import { describe, expect, test } from "vitest";
import { afterRegister, newRegistration, type RegisterOutcome, type Registration } from "./registration-machine.ts";

const answer = (status: number, more: Partial<RegisterOutcome> = {}): RegisterOutcome => ({
  cause: "response",
  status,
  reason: "Reason",
  expiresS: undefined,
  minExpiresS: undefined,
  retryAfterS: undefined,
  cseq: 2,
  ...more,
});
const SILENCE = answer(0, { cause: "timeout", status: undefined });

/** chance 0.5: no jitter. */
function after(outcomes: RegisterOutcome[], gateways = 1, chance = 0.5): Registration {
  return outcomes.reduce(
    (state, outcome) => afterRegister(state, outcome, { nowMs: state.nextAtMs, chance, gateways }),
    newRegistration(3600, 0),
  );
}

describe("a registration", () => {
  test.each([
    [3600, 1800],
    [90, 45],
    [60, 30],
    [40, 10],
    [10, 5],
  ])("granted for %i s is refreshed after %i s", (expiresS, refreshS) => {
    expect(after([answer(200, { expiresS })])).toMatchObject({
      status: "registered",
      reason: null,
      boundUntilMs: expiresS * 1000,
      nextAtMs: refreshS * 1000,
    });
  });

  test("too short for the registrar is asked for again at once, longer (RFC 3261 §10.2.8)", () => {
    const state = after([answer(423, { minExpiresS: 7200 })]);
    expect(state).toMatchObject({ status: "registering", expiresS: 7200, nextAtMs: 0 });
    expect(after([answer(423, { minExpiresS: 7200 }), answer(423, { minExpiresS: 7200 })])).toMatchObject({
      status: "failed",
    });
  });

  test("that is refused waits 30 s, then twice as long each time up to 15 min, with jitter", () => {
    const waits = [1, 2, 3, 4, 5, 6, 7, 8].map((times) => {
      const outcomes = Array.from({ length: times }, () => answer(403));
      return (after(outcomes).nextAtMs - after(outcomes.slice(1)).nextAtMs) / 1000;
    });
    expect(waits).toEqual([30, 60, 120, 240, 480, 900, 900, 900]);
    expect(after([answer(403)], 1, 0).nextAtMs).toBeCloseTo(24_000);
    expect(after([answer(403)], 1, 1).nextAtMs).toBeCloseTo(36_000);
    expect(after([answer(403)])).toMatchObject({ status: "failed", reason: "403 Reason: check username and password" });
  });

  test("waits as long as the registrar asks for", () => {
    expect(after([answer(503, { retryAfterS: 120 })]).nextAtMs).toBe(120_000);
  });

  test("asks the next gateway at once when one is silent, and pauses when all were", () => {
    expect(after([SILENCE], 2)).toMatchObject({ gateway: 1, nextAtMs: 0 });
    expect(after([SILENCE, SILENCE], 2)).toMatchObject({ gateway: 0, nextAtMs: 30_000 });
    expect(after([answer(403)], 2)).toMatchObject({ gateway: 0, nextAtMs: 30_000 });
  });

  test("still holds while only its refresh fails in passing, until it runs out", () => {
    const bound = after([answer(200, { expiresS: 3600 }), SILENCE]);
    expect(bound).toMatchObject({ status: "registered", reason: "the registrar does not answer" });
    const refused = after([answer(200, { expiresS: 3600 }), answer(403)]);
    expect(refused.status).toBe("failed");
  });
});
