/** What all kinds of gather say about digits. */
import { z } from "zod";
import type { GatherRules } from "../gather/gather-machine.ts";

const millis = (shown: number): z.ZodDefault<z.ZodInt> => z.int().min(1).max(600_000).default(shown);
const tries = z.int().min(1).max(10);

const digitFields = {
  minimum_digits: z.int().min(1).max(128).default(1),
  maximum_digits: z.int().min(1).max(128).default(128),
  terminating_digit: z
    .string()
    .regex(/^[0-9A-D*#]?$/, "must be one DTMF digit, or empty for none")
    .default("#"),
  valid_digits: z
    .string()
    .max(16)
    .regex(/^[0-9A-D*#]+$/, "must hold only DTMF digits")
    .default("0123456789#*"),
  inter_digit_timeout_millis: millis(5000),
  timeout_millis: millis(60_000),
  use_buffered_digits: z.boolean().default(false),
};

/** Of `gather`: no prompt is repeated, so more than one try only forgets a bad entry. */
export const gatherFields = {
  ...digitFields,
  initial_timeout_millis: millis(5000),
  maximum_tries: tries.default(1),
};

/** Of `gather_using_*`: times count from the end of the prompt. */
export const promptedGatherFields = {
  ...digitFields,
  initial_timeout_millis: z.int().min(1).max(600_000).optional().meta({ description: "Default: timeout_millis" }),
  maximum_tries: tries.default(3),
};

interface GatherBody {
  readonly minimum_digits: number;
  readonly maximum_digits: number;
  readonly terminating_digit: string;
  readonly valid_digits: string;
  readonly initial_timeout_millis?: number | undefined;
  readonly inter_digit_timeout_millis: number;
  readonly timeout_millis: number;
  readonly maximum_tries: number;
}

/** For `.refine`: the least must not exceed the most. */
export const digitsFit = (body: { minimum_digits: number; maximum_digits: number }): boolean =>
  body.minimum_digits <= body.maximum_digits;
export const digitsFitError = { error: "must not exceed maximum_digits", path: ["minimum_digits"] };

export function gatherRules(body: GatherBody, hasPrompt: boolean): GatherRules {
  return {
    minimumDigits: body.minimum_digits,
    maximumDigits: body.maximum_digits,
    terminatingDigit: body.terminating_digit,
    validDigits: body.valid_digits,
    initialTimeoutMs: body.initial_timeout_millis ?? body.timeout_millis,
    interDigitTimeoutMs: body.inter_digit_timeout_millis,
    timeoutMs: body.timeout_millis,
    maximumTries: body.maximum_tries,
    hasPrompt,
  };
}
