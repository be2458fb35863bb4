import { z } from "zod";
import { queuePrompt } from "../playout.ts";
import { everyAction } from "../schema/fields.ts";
import { speakFields, speechOf } from "../schema/speech.ts";
import { targetLegs } from "./target-legs.ts";
import { ANSWERED, defineVerb } from "./verb.ts";

/** speak: queue speech behind what plays; it is made sentence by sentence, and its failure is an event. */
export const speak = defineVerb({
  name: "speak",
  summary: "Speak a text to the call",
  from: ANSWERED,
  body: z.strictObject({
    ...speakFields,
    loop: z.int().min(0).max(100).default(1),
    target_legs: z.enum(["self", "opposite", "both"]).default("self"),
    ...everyAction,
  }),
  run({ world, call }, body) {
    const speech = speechOf(world.speech, body.payload, body);
    for (const leg of targetLegs(call, body.target_legs))
      queuePrompt(world, leg, { source: { type: "speech", speech }, loop: body.loop });
  },
});
