import { z } from "zod";
import { playUrl } from "../playout.ts";
import { everyAction, httpUrl } from "../schema/fields.ts";
import { targetLegs } from "./target-legs.ts";
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
