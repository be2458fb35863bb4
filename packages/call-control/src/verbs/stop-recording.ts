import { z } from "zod";
import { stopRecording as stop } from "../recordings.ts";
import { everyAction } from "../schema/fields.ts";
import { ANSWERED, defineVerb } from "./verb.ts";

/** stop_recording: close the file; what was said until now is kept. */
export const stopRecording = defineVerb({
  name: "stop_recording",
  summary: "Stop the recording",
  from: ANSWERED,
  body: z.strictObject({ ...everyAction }),
  run: ({ call }) => stop(call),
});
