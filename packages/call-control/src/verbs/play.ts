import { CodedError } from "@voepy/base";
import { z } from "zod";
import { type PromptSource, queuePrompt } from "../playout.ts";
import { everyAction, httpUrl } from "../schema/fields.ts";
import { targetLegs } from "./target-legs.ts";
import { ANSWERED, defineVerb } from "./verb.ts";

/** play: queue a sound file or an upload; the fetch goes on after the answer, and its failure is an event. */
export const play = defineVerb({
  name: "play",
  summary: "Play an audio file to the call",
  from: ANSWERED,
  body: z
    .strictObject({
      url: httpUrl.optional(),
      media_name: z
        .string()
        .min(1)
        .max(128)
        .optional()
        .meta({ description: "An upload of /v1/media, in place of url" }),
      loop: z.int().min(0).max(100).default(1),
      target_legs: z.enum(["self", "opposite", "both"]).default("self"),
      ...everyAction,
    })
    .refine((body) => (body.url === undefined) !== (body.media_name === undefined), {
      error: "give one of url and media_name",
      path: ["url"],
    }),
  async run({ world, call }, body) {
    const { tenantId } = call.record;
    if (body.url !== undefined) world.prompts.check(body.url);
    else if ((await world.mediaFile(tenantId, body.media_name ?? "")) === undefined) {
      throw new CodedError("not_found", `there is no media named ${body.media_name}`, { param: "media_name" });
    }
    if (call.isOver) throw new CodedError("call_already_ended", `call ${call.id} ended meanwhile`);
    const source: PromptSource =
      body.url === undefined
        ? { type: "media", tenantId, name: body.media_name ?? "" }
        : { type: "url", url: body.url };
    for (const leg of targetLegs(call, body.target_legs)) queuePrompt(world, leg, { source, loop: body.loop });
  },
});
