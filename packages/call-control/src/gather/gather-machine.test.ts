import { describe, expect, test } from "vitest";
import { type Gather, type GatherRules, onDeadline, onDigit, onPromptEnded, startGather } from "./gather-machine.ts";

const RULES: GatherRules = {
  minimumDigits: 2,
  maximumDigits: 4,
  terminatingDigit: "#",
  validDigits: "0123456789",
  initialTimeoutMs: 5000,
  interDigitTimeoutMs: 2000,
  timeoutMs: 60_000,
  maximumTries: 1,
  hasPrompt: false,
};

/** Presses keys 100 ms apart from time 0. */
function pressed(keys: string, rules: Partial<GatherRules> = {}): Gather {
  let gather = startGather({ ...RULES, ...rules }, 0);
  [...keys].forEach((key, index) => {
    gather = onDigit(gather, key, index * 100);
  });
  return gather;
}

describe("a gather", () => {
  test("ends valid at the terminator, which is not part of the digits", () => {
    expect(pressed("123#")).toMatchObject({ digits: "123", outcome: "valid" });
  });

  test("ends valid at the maximum, without waiting for more", () => {
    expect(pressed("12345")).toMatchObject({ digits: "1234", outcome: "valid" });
  });

  test("ends invalid when the terminator comes too early", () => {
    expect(pressed("1#")).toMatchObject({ digits: "1", outcome: "invalid" });
  });

  test("ends invalid at a digit that is not among the valid ones", () => {
    expect(pressed("1*")).toMatchObject({ outcome: "invalid" });
  });

  test("waits longer for the first digit than between digits", () => {
    expect(pressed("").deadlineMs).toBe(5000);
    expect(pressed("1").deadlineMs).toBe(2000);
  });

  test("ends valid when the caller stops pressing with enough digits", () => {
    expect(onDeadline(pressed("12"), 2100)).toMatchObject({ digits: "12", outcome: "valid" });
  });

  test("ends in timeout with no digit and invalid with too few", () => {
    expect(onDeadline(pressed(""), 5000)).toMatchObject({ outcome: "timeout" });
    expect(onDeadline(pressed("1"), 2000)).toMatchObject({ digits: "1", outcome: "invalid" });
  });

  test("takes a deadline that came early for what it is", () => {
    expect(onDeadline(pressed(""), 4999).outcome).toBeUndefined();
  });

  test("never outlives its whole time, however often a key is pressed", () => {
    let gather = startGather({ ...RULES, maximumDigits: 128, timeoutMs: 3000 }, 0);
    gather = onDigit(gather, "1", 1500);
    gather = onDigit(gather, "2", 2900);
    expect(gather.deadlineMs).toBe(3000);
  });

  test("forgets a bad entry and collects anew while tries are left", () => {
    const again = pressed("1#", { maximumTries: 2 });
    expect(again).toMatchObject({ digits: "", tries: 2, outcome: undefined });
    expect(onDigit(again, "#", 300)).toMatchObject({ outcome: "invalid" });
  });

  test("hears nothing more once it is over", () => {
    const over = pressed("12#");
    expect(onDigit(over, "3", 900)).toBe(over);
    expect(onDeadline(over, 9000)).toBe(over);
  });

  test("with a prompt waits for its end before any time counts", () => {
    const prompting = startGather({ ...RULES, hasPrompt: true }, 0);
    expect(prompting).toMatchObject({ phase: "prompting", deadlineMs: Number.POSITIVE_INFINITY });
    expect(onPromptEnded(prompting, 9000)).toMatchObject({ phase: "collecting", deadlineMs: 14_000, endsAtMs: 69_000 });
  });

  test("takes a digit pressed into the prompt, and the prompt is over", () => {
    const cut = onDigit(startGather({ ...RULES, hasPrompt: true }, 0), "4", 700);
    expect(cut).toMatchObject({ phase: "collecting", digits: "4", deadlineMs: 2700 });
  });

  test("plays the prompt again before each new try", () => {
    const rules = { ...RULES, hasPrompt: true, maximumTries: 2 };
    const again = onDeadline(onPromptEnded(startGather(rules, 0), 1000), 6000);
    expect(again).toMatchObject({ phase: "prompting", tries: 2, outcome: undefined });
    expect(onDeadline(onPromptEnded(again, 7000), 12_000)).toMatchObject({ outcome: "timeout" });
  });
});
