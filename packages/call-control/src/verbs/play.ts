import { CodedError } from "@voepy/base";
import { z } from "zod";
import type { LiveCall } from "../call/call.ts";
import type { Leg } from "../leg/leg.ts";
import { playUrl } from "../playout.ts";
import { everyAction, httpUrl } from "../schema/fields.ts";
import { ANSWERED, defineVerb } from "./verb.ts";

/** play: queue a sound file; the fetch goes on after the answer, and its failure is an event. */
export const play = defineVerb({
  name: "play",
  summary: "Play an audio file to the call",
  from: ANSWERED,
  body: z.strictObject({
    url: httpUrl,
    loop: z.int().min(0).max(100).default(1),
    target_legs: z.enum(["self", "opposite", "both"]).default("self"),
    ...everyAction,
  }),
  run({ world, call }, body) {
    world.prompts.check(body.url);
    for (const leg of targetLegs(call, body.target_legs)) playUrl(world, leg, { url: body.url, loop: body.loop });
  },
});

/** The call's own leg, whoever it is bridged with, or both. */
function targetLegs(call: LiveCall, target: "self" | "opposite" | "both"): Leg[] {
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
