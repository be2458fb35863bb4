import { z } from "zod";
import { stopPlayback as stop } from "../playout.ts";
import { everyAction } from "../schema/fields.ts";
import { ANSWERED, defineVerb } from "./verb.ts";

/** stop_playback: drop what is playing, or the whole queue. */
export const stopPlayback = defineVerb({
  name: "stop_playback",
  summary: "Stop what is playing, or empty the whole queue",
  from: ANSWERED,
  body: z.strictObject({ stop: z.enum(["current", "all"]).default("current"), ...everyAction }),
  run: ({ call }, body) => stop(call.primary, body.stop),
});
