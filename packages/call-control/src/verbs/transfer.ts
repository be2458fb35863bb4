import { z } from "zod";
import { beginTransfer } from "../bridge/transfer.ts";
import { checkCallerId, checkRoute } from "../dial.ts";
import { callerFields, customHeaders, everyAction, httpUrl, party, recordFields } from "../schema/fields.ts";
import { streamFields, streamWishOf } from "../schema/stream.ts";
import { streamSpec } from "../stream/spec.ts";
import { ANSWERED, defineVerb } from "./verb.ts";

/** transfer: call someone and join them with the call; `call.bridged` or `call.transfer_failed` tells how it went. */
export const transfer = defineVerb({
  name: "transfer",
  summary: "Call someone and join them with this call",
  from: ANSWERED,
  body: z.strictObject({
    to: party,
    from: party.optional(),
    ...callerFields,
    route_id: z.string().min(1).max(128).optional(),
    timeout_secs: z.int().min(1).max(600).default(60),
    audio_url: httpUrl.optional(),
    caller_id_forwarding: z.boolean().default(false),
    custom_headers: customHeaders.optional(),
    webhook_url: httpUrl.optional(),
    ...recordFields,
    ...streamFields,
    ...everyAction,
  }),
  run({ world, call }, body) {
    const wish = streamWishOf(body);
    const spec = wish && streamSpec(world, wish);
    const { tenantId, direction } = call.record;
    checkRoute(world, tenantId, body.route_id);
    if (body.audio_url !== undefined) world.prompts.check(body.audio_url);
    if (body.from !== undefined) checkCallerId(world, tenantId, body.from, body.caller_id_forwarding);
    if (body.webhook_url !== undefined) call.patch({ webhookUrl: body.webhook_url });
    beginTransfer(world, call, {
      from: body.from ?? (direction === "inbound" ? call.record.to : call.record.from),
      displayName: body.from_display_name ?? "",
      privacy: body.privacy,
      to: body.to,
      routeId: body.route_id,
      headers: body.custom_headers ?? [],
      timeoutMs: body.timeout_secs * 1000,
      audioUrl: body.audio_url,
      recordWish: body,
      streamSpec: spec,
    });
  },
});
