import { z } from "zod";
import { setRecordingPaused } from "../recordings.ts";
import { everyAction } from "../schema/fields.ts";
import { ANSWERED, defineVerb } from "./verb.ts";

/** pause_recording: the time goes on, nothing of it is kept. */
export const pauseRecording = defineVerb({
  name: "pause_recording",
  summary: "Pause the recording; the pause is silence in the file",
  from: ANSWERED,
  body: z.strictObject({ ...everyAction }),
  run: ({ call }) => setRecordingPaused(call, true),
});
