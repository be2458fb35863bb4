/** Whom `target_legs` means. */
import { CodedError } from "@voepy/base";
import type { LiveCall } from "../call/call.ts";
import type { Leg } from "../leg/leg.ts";

/** The call's own leg, whoever it is bridged with, or both. */
export function targetLegs(call: LiveCall, target: "self" | "opposite" | "both"): Leg[] {
  const others = [...(call.primary.bridge?.members ?? [])].filter((leg) => leg !== call.primary);
  if (target === "self") return [call.primary];
  if (target === "opposite" && others.length === 0) {
    throw new CodedError("call_not_in_required_state", "target_legs opposite needs a bridged call", {
      param: "target_legs",
      details: { status: call.record.status, allowed_from: ["bridged"] },
    });
  }
  return target === "opposite" ? others : [call.primary, ...others];
}
