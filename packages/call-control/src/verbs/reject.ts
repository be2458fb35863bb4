import { z } from "zod";
import { rejectInbound } from "../inbound.ts";
import { everyAction } from "../schema/fields.ts";
import { defineVerb, UNANSWERED } from "./verb.ts";

/** reject: refuse an inbound call before it is answered. */
export const reject = defineVerb({
  name: "reject",
  summary: "Refuse an inbound call that is not answered yet",
  from: UNANSWERED,
  direction: "inbound",
  body: z.strictObject({ cause: z.enum(["user_busy", "rejected"]).default("rejected"), ...everyAction }),
  run: ({ world, call }, { cause }) => rejectInbound(world, call, cause, "api"),
});
