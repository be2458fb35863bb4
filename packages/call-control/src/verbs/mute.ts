import { z } from "zod";
import { everyAction } from "../schema/fields.ts";
import { ANSWERED, defineVerb } from "./verb.ts";

/** mute: what the party says is heard by nobody and not recorded; it hears on. */
export const mute = defineVerb({
  name: "mute",
  summary: "What the call's party says is not heard",
  from: ANSWERED,
  body: z.strictObject({ ...everyAction }),
  run: ({ call }) => call.primary.media?.setMuted(true),
});
