import { CodedError } from "@voepy/base";
import { z } from "zod";
import { everyAction } from "../schema/fields.ts";
import { ANSWERED, defineVerb } from "./verb.ts";

/** transcription_start: needs a recogniser, and none can be configured in this version. */
export const transcriptionStart = defineVerb({
  name: "transcription_start",
  summary: "Start transcribing the call (no recogniser can be configured yet)",
  from: ANSWERED,
  body: z.strictObject({
    language: z.string().min(2).max(35).default("en-US"),
    engine: z.enum(["fast", "accurate"]).default("fast"),
    transcription_tracks: z.enum(["inbound", "outbound", "both"]).default("inbound"),
    ...everyAction,
  }),
  run() {
    throw new CodedError("engine_not_configured", "no speech recogniser is configured");
  },
});
