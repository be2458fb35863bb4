/** `POST /v1/calls`: every field of the reference, with its default. */
import { z } from "zod";
import { callerFields, customHeaders, everyAction, httpUrl, party, recordFields } from "./fields.ts";
import { streamFields } from "./stream.ts";

export const dialSchema = z
  .strictObject({
    from: party,
    to: party,
    ...callerFields,
    route_id: z.string().min(1).max(128).optional(),
    ...recordFields,
    customer_reference: z.string().max(128).optional(),
    answering_machine_detection: z.enum(["off", "premium"]).default("off"),
    audio_url: httpUrl.optional(),
    timeout_secs: z.int().min(1).max(600).default(60),
    time_limit_secs: z.int().min(1).max(86400).optional(),
    caller_id_forwarding: z.boolean().default(false),
    webhook_url: httpUrl.optional(),
    custom_headers: customHeaders.optional(),
    ...streamFields,
    ...everyAction,
  })
  .meta({ id: "DialRequest" });

export type DialBody = z.output<typeof dialSchema>;
