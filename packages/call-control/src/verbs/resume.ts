import { z } from "zod";
import { resumeLeg } from "../leg/hold.ts";
import { everyAction } from "../schema/fields.ts";
import { ANSWERED, defineVerb } from "./verb.ts";

/** resume: ends `hold`. */
export const resume = defineVerb({
  name: "resume",
  summary: "Take the call's party off hold",
  from: ANSWERED,
  body: z.strictObject({ ...everyAction }),
  run: ({ world, call }) => resumeLeg(world, call.primary),
});
