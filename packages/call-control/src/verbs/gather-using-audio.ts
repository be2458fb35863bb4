import { z } from "zod";
import { beginGather, refuseSecondGather, takeBuffered } from "../gather/gather.ts";
import { everyAction, httpUrl } from "../schema/fields.ts";
import { digitsFit, digitsFitError, gatherRules, promptedGatherFields } from "../schema/gather.ts";
import { ANSWERED, defineVerb } from "./verb.ts";

/** gather_using_audio: play a prompt, then collect; the first digit cuts it, a bad entry plays it again. */
export const gatherUsingAudio = defineVerb({
  name: "gather_using_audio",
  summary: "Play an audio prompt, then collect digits",
  from: ANSWERED,
  body: z
    .strictObject({
      audio_url: httpUrl,
      invalid_audio_url: httpUrl.optional(),
      ...promptedGatherFields,
      ...everyAction,
    })
    .refine(digitsFit, digitsFitError),
  run({ world, call }, body) {
    world.prompts.check(body.audio_url);
    if (body.invalid_audio_url !== undefined) world.prompts.check(body.invalid_audio_url);
    refuseSecondGather(call);
    const { audio_url: url, invalid_audio_url: invalidUrl } = body;
    beginGather(world, call, {
      rules: gatherRules(body, true),
      prompts: {
        prompt: { type: "url", url },
        invalid: invalidUrl === undefined ? undefined : { type: "url", url: invalidUrl },
      },
      buffered: takeBuffered(call, body.use_buffered_digits),
    });
  },
});
