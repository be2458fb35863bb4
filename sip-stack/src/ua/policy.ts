/** What the user agent serves, as `validateRequest` asks for it. */
import type { SipRequest } from "../message/message.ts";
import type { UasPolicy } from "../message/refusal.ts";
import { contentTypeOf } from "./body.ts";
import { ALLOW } from "./core.ts";

// SUBSCRIBE gets the answer of RFC 6665, not 405: see `admission.ts` and `dialog-requests.ts`.
const METHODS = [...ALLOW.value.split(", "), "SUBSCRIBE"];
const CONTENT_TYPES = ["application/sdp", "multipart/mixed", "multipart/alternative"];

/** `extensions`: the option tags we know. INFO carries whatever the application understands. */
export function policyFor(request: SipRequest, extensions: readonly string[]): UasPolicy {
  const isOpaque = request.method === "INFO" || request.method === "NOTIFY";
  return { methods: METHODS, extensions, contentTypes: isOpaque ? [contentTypeOf(request)] : CONTENT_TYPES };
}
