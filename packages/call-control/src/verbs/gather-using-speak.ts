import { z } from "zod";
import { beginGather, refuseSecondGather, takeBuffered } from "../gather/gather.ts";
import { everyAction } from "../schema/fields.ts";
import { digitsFit, digitsFitError, gatherRules, promptedGatherFields } from "../schema/gather.ts";
import { speechOf, spokenText, voiceFields } from "../schema/speech.ts";
import { ANSWERED, defineVerb } from "./verb.ts";

/** gather_using_speak: speak a prompt, then collect; the first digit cuts it, a bad entry has it spoken again. */
export const gatherUsingSpeak = defineVerb({
  name: "gather_using_speak",
  summary: "Speak a prompt, then collect digits",
  from: ANSWERED,
  body: z
    .strictObject({
      payload: spokenText,
      invalid_payload: spokenText.optional(),
      ...voiceFields,
      ...promptedGatherFields,
      ...everyAction,
    })
    .refine(digitsFit, digitsFitError),
  run({ world, call }, body) {
    const { payload, invalid_payload: invalid } = body;
    const spoken = (text: string) => ({ type: "speech" as const, speech: speechOf(world.speech, text, body) });
    const prompts = { prompt: spoken(payload), invalid: invalid === undefined ? undefined : spoken(invalid) };
    refuseSecondGather(call);
    const buffered = takeBuffered(call, body.use_buffered_digits);
    beginGather(world, call, { rules: gatherRules(body, true), prompts, buffered });
  },
});
