import { z } from "zod";
import { beginGather, refuseSecondGather, takeBuffered } from "../gather/gather.ts";
import { everyAction } from "../schema/fields.ts";
import { digitsFit, digitsFitError, gatherFields, gatherRules } from "../schema/gather.ts";
import { ANSWERED, defineVerb } from "./verb.ts";

/** gather: collect digits; the caller has heard a prompt already. Ends in `call.gather_complete`. */
export const gather = defineVerb({
  name: "gather",
  summary: "Collect digits without a prompt",
  from: ANSWERED,
  body: z.strictObject({ ...gatherFields, ...everyAction }).refine(digitsFit, digitsFitError),
  run({ world, call }, body) {
    refuseSecondGather(call);
    const buffered = takeBuffered(call, body.use_buffered_digits);
    beginGather(world, call, { rules: gatherRules(body, false), prompts: undefined, buffered });
  },
});
