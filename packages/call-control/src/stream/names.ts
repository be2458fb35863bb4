/** What a stream's protocol calls the call: our own ids, or in Twilio's form the same 128 bits in hexadecimal. */
import { createHash } from "node:crypto";
import type { ForkFacts } from "@voepy/media-engine";
import type { CallRecord } from "@voepy/store";
import type { StreamSpec } from "./spec.ts";

const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

export function forkFacts(stream: string, call: CallRecord, spec: StreamSpec): ForkFacts {
  const isTwilio = spec.protocol === "twilio";
  const callId = isTwilio ? `CA${hexOfId(call.id)}` : call.id;
  return {
    streamId: isTwilio ? `MZ${hexOfId(stream)}` : stream,
    callId,
    sessionId: callId,
    accountId: isTwilio ? `AC${sha256(call.tenantId)}` : call.tenantId,
    direction: call.direction,
    from: call.from,
    to: call.to,
    clientState: call.clientState,
    customParameters: spec.customParameters,
  };
}

/** The ULID of an id as 32 hexadecimal digits. */
export function hexOfId(id: string): string {
  let value = 0n;
  for (const digit of id.slice(-26)) value = value * 32n + BigInt(CROCKFORD.indexOf(digit));
  return value.toString(16).padStart(32, "0").slice(-32);
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}
