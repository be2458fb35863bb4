import { CodedError } from "@voepy/base";
import { z } from "zod";
import { everyAction } from "../schema/fields.ts";
import { ANSWERED, defineVerb } from "./verb.ts";

/** transcription_stop: needs a recogniser, and none can be configured in this version. */
export const transcriptionStop = defineVerb({
  name: "transcription_stop",
  summary: "Stop transcribing the call (no recogniser can be configured yet)",
  from: ANSWERED,
  body: z.strictObject({
    ...everyAction,
  }),
  run() {
    throw new CodedError("engine_not_configured", "no speech recogniser is configured");
  },
});
