import { z } from "zod";
import { dtmfDigits, everyAction } from "../schema/fields.ts";
import { ANSWERED, defineVerb } from "./verb.ts";

/** send_dtmf: RFC 4733 events towards the call's own party; `w` waits 500 ms, `W` a second. */
export const sendDtmf = defineVerb({
  name: "send_dtmf",
  summary: "Send DTMF digits",
  from: ANSWERED,
  body: z.strictObject({ digits: dtmfDigits, duration_millis: z.int().min(100).max(500).default(160), ...everyAction }),
  run({ call }, { digits, duration_millis }) {
    // `w` waits, but A to D are digits in either case.
    call.primary.media?.sendDigits(
      digits.replace(/[a-d]/g, (digit) => digit.toUpperCase()),
      duration_millis,
    );
  },
});
