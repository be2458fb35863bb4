import { z } from "zod";
import { endCall } from "../call/end.ts";
import { rejectInbound } from "../inbound.ts";
import { everyAction } from "../schema/fields.ts";
import { ANSWERED, defineVerb, UNANSWERED } from "./verb.ts";

/** hangup: end the call from any state; one that was never answered counts as canceled. */
export const hangup = defineVerb({
  name: "hangup",
  summary: "End the call",
  from: [...UNANSWERED, ...ANSWERED],
  body: z.strictObject({ ...everyAction }),
  run({ world, call }) {
    const isAnswered = call.record.answeredAt !== null;
    if (!isAnswered && call.record.direction === "inbound") rejectInbound(world, call, "rejected", "api");
    else endCall(world, call, { reason: isAnswered ? "completed" : "canceled", initiator: "api" });
  },
});
