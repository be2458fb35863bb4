import { z } from "zod";
import { everyAction } from "../schema/fields.ts";
import { ANSWERED, defineVerb } from "./verb.ts";

/** unmute: ends `mute`. */
export const unmute = defineVerb({
  name: "unmute",
  summary: "The call's party is heard again",
  from: ANSWERED,
  body: z.strictObject({ ...everyAction }),
  run: ({ call }) => call.primary.media?.setMuted(false),
});
