/**
 * Digit collection: a machine over digits and time, on any clock. Pure: the owner arms one timer for `deadlineMs`
 * and hears the verdict in `outcome`.
 */
export interface GatherRules {
  readonly minimumDigits: number;
  readonly maximumDigits: number;
  /** One digit, or empty: none. */
  readonly terminatingDigit: string;
  readonly validDigits: string;
  /** Until the first digit, ms. */
  readonly initialTimeoutMs: number;
  readonly interDigitTimeoutMs: number;
  /** For the whole of it, ms. */
  readonly timeoutMs: number;
  readonly maximumTries: number;
}

export type GatherOutcome = "valid" | "invalid" | "timeout";

export interface Gather {
  readonly rules: GatherRules;
  readonly digits: string;
  readonly tries: number;
  readonly endsAtMs: number;
  /** When the owner must call `onDeadline`, monotonic ms. */
  readonly deadlineMs: number;
  readonly outcome: GatherOutcome | undefined;
}

export function startGather(rules: GatherRules, nowMs: number): Gather {
  const endsAtMs = nowMs + rules.timeoutMs;
  return {
    rules,
    digits: "",
    tries: 1,
    endsAtMs,
    deadlineMs: Math.min(nowMs + rules.initialTimeoutMs, endsAtMs),
    outcome: undefined,
  };
}

export function onDigit(gather: Gather, digit: string, nowMs: number): Gather {
  const { rules } = gather;
  if (gather.outcome !== undefined) return gather;
  if (digit === rules.terminatingDigit) {
    return gather.digits.length >= rules.minimumDigits
      ? { ...gather, outcome: "valid" }
      : tryAgain(gather, nowMs, "invalid");
  }
  const digits = gather.digits + digit;
  if (!rules.validDigits.includes(digit)) return tryAgain({ ...gather, digits }, nowMs, "invalid");
  if (digits.length >= rules.maximumDigits) return { ...gather, digits, outcome: "valid" };
  return { ...gather, digits, deadlineMs: Math.min(nowMs + rules.interDigitTimeoutMs, gather.endsAtMs) };
}

export function onDeadline(gather: Gather, nowMs: number): Gather {
  if (gather.outcome !== undefined || nowMs < gather.deadlineMs) return gather;
  if (gather.digits.length >= gather.rules.minimumDigits) return { ...gather, outcome: "valid" };
  return tryAgain(gather, nowMs, gather.digits === "" ? "timeout" : "invalid");
}

/** The whole time ends every try; otherwise a bad entry is forgotten and collected anew. */
function tryAgain(gather: Gather, nowMs: number, outcome: GatherOutcome): Gather {
  if (gather.tries >= gather.rules.maximumTries || nowMs >= gather.endsAtMs) return { ...gather, outcome };
  return {
    ...gather,
    digits: "",
    tries: gather.tries + 1,
    deadlineMs: Math.min(nowMs + gather.rules.initialTimeoutMs, gather.endsAtMs),
  };
}
