import { z } from "zod";
import { startRecording as start } from "../recordings.ts";
import { everyAction, recordChannels, recordFormat } from "../schema/fields.ts";
import { ANSWERED, defineVerb } from "./verb.ts";

/** start_recording: one at a time; `recording.completed` tells when the file can be fetched. */
export const startRecording = defineVerb({
  name: "start_recording",
  summary: "Record the call",
  from: ANSWERED,
  body: z.strictObject({
    channels: recordChannels.default("single"),
    format: recordFormat.default("mp3"),
    max_length: z.int().min(1).max(86400).optional().meta({ description: "Seconds" }),
    play_beep: z.boolean().default(false),
    ...everyAction,
  }),
  run({ world, call }, body) {
    start(world, call.primary, {
      channels: body.channels,
      format: body.format,
      maxMs: body.max_length === undefined ? undefined : body.max_length * 1000,
      beep: body.play_beep,
    });
  },
});
