import { CodedError } from "@voepy/base";
import { z } from "zod";
import { joinLegs } from "../bridge/bridge.ts";
import { everyAction, legId } from "../schema/fields.ts";
import { ANSWERED, defineVerb } from "./verb.ts";

/** bridge: join this call's party with an existing leg, of this or another call. */
export const bridge = defineVerb({
  name: "bridge",
  summary: "Join this call with another leg",
  from: ANSWERED,
  body: z.strictObject({ leg_id: legId, park_after_unbridge: z.literal("self").optional(), ...everyAction }),
  run({ world, call }, body) {
    const other = world.registry.legs.get(body.leg_id);
    if (other === undefined || other.call.record.tenantId !== call.record.tenantId) {
      throw new CodedError("not_found", `leg ${body.leg_id} does not exist`, { param: "leg_id" });
    }
    if (other === call.primary) {
      throw new CodedError("invalid_request", "a leg cannot be bridged with itself", { param: "leg_id" });
    }
    if (other.isOver) throw new CodedError("call_already_ended", `leg ${other.id} has ended`, { param: "leg_id" });
    if (!other.isAnswered) {
      throw new CodedError("call_not_in_required_state", `leg ${other.id} is ${other.record.status}`, {
        param: "leg_id",
        details: { status: other.record.status, allowed_from: ["answered"] },
      });
    }
    for (const leg of [call.primary, other]) {
      if (leg.bridge === undefined) continue;
      throw new CodedError("leg_already_bridged", `leg ${leg.id} is in bridge ${leg.bridge.id}`, {
        details: { leg_id: leg.id, bridge_id: leg.bridge.id },
      });
    }
    joinLegs(world, [call.primary, other], body.park_after_unbridge === "self" ? [call] : []);
  },
});
