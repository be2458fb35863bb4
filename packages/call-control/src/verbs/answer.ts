import { z } from "zod";
import { answerInbound } from "../inbound.ts";
import { customHeaders, everyAction, httpUrl, recordFields } from "../schema/fields.ts";
import { streamFields, streamWishOf } from "../schema/stream.ts";
import { streamSpec } from "../stream/spec.ts";
import { defineVerb, UNANSWERED } from "./verb.ts";

/** answer: take an inbound call, and record and stream it in the same request. */
export const answer = defineVerb({
  name: "answer",
  summary: "Answer an inbound call, optionally recording and streaming it at once",
  from: UNANSWERED,
  direction: "inbound",
  body: z.strictObject({
    ...recordFields,
    ...streamFields,
    custom_headers: customHeaders.optional(),
    webhook_url: httpUrl.optional(),
    ...everyAction,
  }),
  async run({ world, call }, body) {
    const wish = streamWishOf(body);
    call.streamSpec = wish && streamSpec(world, wish);
    call.recordWish = body;
    if (body.webhook_url !== undefined) call.patch({ webhookUrl: body.webhook_url });
    await answerInbound(world, call, body.custom_headers);
  },
});
