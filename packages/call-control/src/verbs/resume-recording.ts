import { z } from "zod";
import { setRecordingPaused } from "../recordings.ts";
import { everyAction } from "../schema/fields.ts";
import { ANSWERED, defineVerb } from "./verb.ts";

/** resume_recording: ends `pause_recording`. */
export const resumeRecording = defineVerb({
  name: "resume_recording",
  summary: "Go on recording after a pause",
  from: ANSWERED,
  body: z.strictObject({ ...everyAction }),
  run: ({ call }) => setRecordingPaused(call, false),
});
