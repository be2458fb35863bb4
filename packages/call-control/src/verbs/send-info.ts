import { CodedError } from "@voepy/base";
import { z } from "zod";
import { everyAction } from "../schema/fields.ts";
import { ANSWERED, defineVerb } from "./verb.ts";

/** send_info: a SIP INFO (RFC 6086) inside the call's dialog. */
export const sendInfo = defineVerb({
  name: "send_info",
  summary: "Send a SIP INFO to the call's party",
  from: ANSWERED,
  body: z.strictObject({
    content_type: z
      .string()
      .max(128)
      .regex(/^[A-Za-z0-9!#$&^_.+-]+\/[A-Za-z0-9!#$&^_.+-]+(?:;[^\r\n]*)?$/, "must be a media type"),
    body: z.string().max(4096),
    ...everyAction,
  }),
  run({ world, call }, { content_type, body }) {
    const { session } = call.primary;
    if (session !== undefined && world.sip.info(session, { contentType: content_type, body })) return;
    throw new CodedError("upstream_error", `call ${call.id} cannot take an INFO now: try again`);
  },
});
