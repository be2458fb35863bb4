import { CodedError } from "@voepy/base";
import { z } from "zod";
import { joinByName } from "../bridge/conference.ts";
import { everyAction } from "../schema/fields.ts";
import { ANSWERED, defineVerb } from "./verb.ts";

/** join_conference: by name or id; a name that is new makes one. */
export const joinConference = defineVerb({
  name: "join_conference",
  summary: "Bring the call's party into a conference",
  from: ANSWERED,
  body: z.strictObject({
    conference: z.string().min(1).max(128).meta({ description: "Name or id; made when the name is new" }),
    muted: z.boolean().default(false),
    end_on_exit: z.boolean().default(false),
    ...everyAction,
  }),
  run({ world, call }, body) {
    const { bridge } = call.primary;
    if (bridge !== undefined) {
      throw new CodedError("leg_already_bridged", `leg ${call.primary.id} is in bridge ${bridge.id}`, {
        details: { leg_id: call.primary.id, bridge_id: bridge.id },
      });
    }
    joinByName(world, call, { name: body.conference, isMuted: body.muted, endOnExit: body.end_on_exit });
  },
});
