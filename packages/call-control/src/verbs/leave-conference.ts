import { CodedError } from "@voepy/base";
import { z } from "zod";
import { unbridgeCall } from "../bridge/unbridge.ts";
import { everyAction } from "../schema/fields.ts";
import { defineVerb } from "./verb.ts";

/** leave_conference: the call stays up on its own. */
export const leaveConference = defineVerb({
  name: "leave_conference",
  summary: "Take the call's party out of its conference",
  from: ["bridged"],
  body: z.strictObject({ ...everyAction }),
  run({ world, call }) {
    if (call.primary.bridge?.isConference !== true) {
      throw new CodedError("call_not_in_required_state", `call ${call.id} is in no conference`, {
        details: { status: call.record.status },
      });
    }
    call.primary.media?.setMuted(false);
    unbridgeCall(world, call);
  },
});
