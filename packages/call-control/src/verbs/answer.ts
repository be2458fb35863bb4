import { z } from "zod";
import { refuseStream } from "../dial.ts";
import { answerInbound } from "../inbound.ts";
import { customHeaders, everyAction, httpUrl, recordFields, streamFields } from "../schema/fields.ts";
import { defineVerb, UNANSWERED } from "./verb.ts";

/** answer: take an inbound call, and record it in the same request. */
export const answer = defineVerb({
  name: "answer",
  summary: "Answer an inbound call, optionally recording it at once",
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
    refuseStream(body);
    call.recordWish = body;
    if (body.webhook_url !== undefined) call.patch({ webhookUrl: body.webhook_url });
    await answerInbound(world, call, body.custom_headers);
  },
});
