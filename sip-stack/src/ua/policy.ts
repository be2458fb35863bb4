/** What the user agent serves, as `validateRequest` asks for it. */
import type { SipRequest } from "../message/message.ts";
import type { UasPolicy } from "../message/refusal.ts";
import { contentTypeOf } from "./body.ts";
import { ALLOW } from "./core.ts";

const POLICY: UasPolicy = {
  // SUBSCRIBE and NOTIFY get the answers of RFC 6665, not 405: see `admission.ts` and `dialog-requests.ts`.
  methods: [...ALLOW.value.split(", "), "SUBSCRIBE", "NOTIFY"],
  extensions: [],
  contentTypes: ["application/sdp", "multipart/mixed", "multipart/alternative"],
};

/** INFO carries whatever the application understands. */
export function policyFor(request: SipRequest): UasPolicy {
  if (request.method !== "INFO" && request.method !== "NOTIFY") return POLICY;
  return { ...POLICY, contentTypes: [contentTypeOf(request)] };
}
