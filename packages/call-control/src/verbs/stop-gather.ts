import { z } from "zod";
import { cancelGather } from "../gather/gather.ts";
import { everyAction } from "../schema/fields.ts";
import { ANSWERED, defineVerb } from "./verb.ts";

/** stop_gather: `call.gather_complete` with status `cancelled`; nothing when none runs. */
export const stopGather = defineVerb({
  name: "stop_gather",
  summary: "Cancel a gather in progress",
  from: ANSWERED,
  body: z.strictObject({ ...everyAction }),
  run: ({ call }) => cancelGather(call, "cancelled"),
});
