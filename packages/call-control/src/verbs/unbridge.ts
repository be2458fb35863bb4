import { z } from "zod";
import { unbridgeCall } from "../bridge/unbridge.ts";
import { everyAction } from "../schema/fields.ts";
import { defineVerb } from "./verb.ts";

/** unbridge: both sides stay up on their own; a transfer's other leg, which has no call of its own, is hung up. */
export const unbridge = defineVerb({
  name: "unbridge",
  summary: "Take the call out of its bridge; it stays up",
  from: ["bridged"],
  body: z.strictObject({ ...everyAction }),
  run: ({ world, call }) => unbridgeCall(world, call),
});
