/**
 * Digit collection: a machine over digits, prompts and time, on any clock. Pure: the owner arms one timer for
 * `deadlineMs`, plays the prompt when `phase` turns to it, and hears the verdict in `outcome`.
 *
 *     prompting ──prompt ended, or a digit──▸ collecting ──terminator, maximum, deadline──▸ outcome
 *         ▴──────────────bad entry, tries left──────────────┘
 */
export interface GatherRules {
  readonly minimumDigits: number;
  readonly maximumDigits: number;
  /** One digit, or empty: none. */
  readonly terminatingDigit: string;
  readonly validDigits: string;
  /** Until the first digit, ms; counted from the end of the prompt. */
  readonly initialTimeoutMs: number;
  readonly interDigitTimeoutMs: number;
  /** For the whole of one try, ms; counted from the end of the prompt. */
  readonly timeoutMs: number;
  readonly maximumTries: number;
  /** A prompt is played before each try; the first digit cuts it. */
  readonly hasPrompt: boolean;
}

export type GatherOutcome = "valid" | "invalid" | "timeout";

export interface Gather {
  readonly rules: GatherRules;
  readonly phase: "prompting" | "collecting";
  readonly digits: string;
  readonly tries: number;
  /** End of this try, monotonic ms. */
  readonly endsAtMs: number;
  /** When the owner must call `onDeadline`, monotonic ms; Infinity while the prompt plays. */
  readonly deadlineMs: number;
  readonly outcome: GatherOutcome | undefined;
}

export function startGather(rules: GatherRules, nowMs: number): Gather {
  return begin({ rules, digits: "", tries: 1, outcome: undefined }, nowMs);
}

/** The prompt was heard to its end, or could not be played. */
export function onPromptEnded(gather: Gather, nowMs: number): Gather {
  return gather.phase === "prompting" && gather.outcome === undefined ? collect(gather, nowMs) : gather;
}

export function onDigit(before: Gather, digit: string, nowMs: number): Gather {
  if (before.outcome !== undefined) return before;
  const gather = onPromptEnded(before, nowMs);
  const { rules } = gather;
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

/** A bad entry is forgotten and collected anew while tries are left. */
function tryAgain(gather: Gather, nowMs: number, outcome: GatherOutcome): Gather {
  if (gather.tries >= gather.rules.maximumTries) return { ...gather, outcome };
  return begin({ ...gather, digits: "", tries: gather.tries + 1 }, nowMs);
}

function begin(gather: Omit<Gather, "phase" | "endsAtMs" | "deadlineMs">, nowMs: number): Gather {
  if (!gather.rules.hasPrompt) return collect(gather, nowMs);
  return {
    ...gather,
    phase: "prompting",
    endsAtMs: Number.POSITIVE_INFINITY,
    deadlineMs: Number.POSITIVE_INFINITY,
  };
}

function collect(gather: Omit<Gather, "phase" | "endsAtMs" | "deadlineMs">, nowMs: number): Gather {
  const endsAtMs = nowMs + gather.rules.timeoutMs;
  return {
    ...gather,
    phase: "collecting",
    endsAtMs,
    deadlineMs: Math.min(nowMs + gather.rules.initialTimeoutMs, endsAtMs),
  };
}
