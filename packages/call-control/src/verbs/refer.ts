import { z } from "zod";
import { beginRefer } from "../bridge/refer.ts";
import { customHeaders, everyAction } from "../schema/fields.ts";
import { ANSWERED, defineVerb } from "./verb.ts";

/** refer: hand the call over by SIP; `call.refer_completed` or `call.refer_failed` tells how it went. */
export const refer = defineVerb({
  name: "refer",
  summary: "Ask the far end to call somebody itself (SIP REFER)",
  from: ANSWERED,
  body: z.strictObject({
    sip_address: z
      .string()
      .max(256)
      .regex(/^sips?:(?:[^@\s<>"]+@)?[A-Za-z0-9.:[\]-]+(?:;[^\s<>"]*)?$/, "must be a sip: or sips: URI"),
    custom_headers: customHeaders.optional(),
    ...everyAction,
  }),
  run: ({ world, call }, body) => beginRefer(world, call, body.sip_address, body.custom_headers ?? []),
});
