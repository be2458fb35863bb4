import { CodedError } from "@voepy/base";
import { z } from "zod";
import { beginGather } from "../gather/gather.ts";
import { everyAction } from "../schema/fields.ts";
import { ANSWERED, defineVerb } from "./verb.ts";

const millis = (shown: number): z.ZodDefault<z.ZodInt> => z.int().min(1).max(600_000).default(shown);

/** gather: collect digits; the caller has heard a prompt already. Ends in `call.gather_complete`. */
export const gather = defineVerb({
  name: "gather",
  summary: "Collect digits without a prompt",
  from: ANSWERED,
  body: z
    .strictObject({
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
      initial_timeout_millis: millis(5000),
      inter_digit_timeout_millis: millis(5000),
      timeout_millis: millis(60_000),
      maximum_tries: z
        .int()
        .min(1)
        .max(10)
        .default(1)
        .meta({ description: "No prompt is repeated: more than 1 forgets a bad entry silently" }),
      use_buffered_digits: z.boolean().default(false),
      ...everyAction,
    })
    .refine((body) => body.minimum_digits <= body.maximum_digits, {
      error: "must not exceed maximum_digits",
      path: ["minimum_digits"],
    }),
  run({ world, call }, body) {
    if (call.gather !== undefined) {
      throw new CodedError("gather_in_progress", `call ${call.id} is gathering digits already`, {
        details: { gather_id: call.gather.id },
      });
    }
    const buffered = body.use_buffered_digits ? call.bufferedDigits : "";
    call.bufferedDigits = "";
    beginGather(
      world,
      call,
      {
        minimumDigits: body.minimum_digits,
        maximumDigits: body.maximum_digits,
        terminatingDigit: body.terminating_digit,
        validDigits: body.valid_digits,
        initialTimeoutMs: body.initial_timeout_millis,
        interDigitTimeoutMs: body.inter_digit_timeout_millis,
        timeoutMs: body.timeout_millis,
        maximumTries: body.maximum_tries,
      },
      buffered,
    );
  },
});
