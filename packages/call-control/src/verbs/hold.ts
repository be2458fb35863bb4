import { z } from "zod";
import { holdLeg } from "../leg/hold.ts";
import { everyAction, httpUrl } from "../schema/fields.ts";
import { ANSWERED, defineVerb } from "./verb.ts";

/** hold: the call's party hears music (`url`) or nothing, and is not heard. */
export const hold = defineVerb({
  name: "hold",
  summary: "Put the call's party on hold, with music if a url is given",
  from: ANSWERED,
  body: z.strictObject({ url: httpUrl.optional(), ...everyAction }),
  run({ world, call }, { url }) {
    if (url !== undefined) world.prompts.check(url);
    holdLeg(world, call.primary, url);
  },
});
