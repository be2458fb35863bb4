/**
 * What a UAS refuses, and a UAC drops, before any state is made (RFC 3261 §8.1.3, §8.2): `judge` is all of it for
 * one datagram.
 */
import { createHash } from "node:crypto";
import { makeResponse } from "./build.ts";
import { expectationRefusal } from "./expectations.ts";
import { headerOf, headersOf, type SipMessage, type SipRequest, type SipResponse } from "./message.ts";
import { parseMessage } from "./parse.ts";
import { type Refusal, refusal, type UasPolicy } from "./refusal.ts";
import { messageFault, requestFault } from "./syntax.ts";

export type { Refusal, UasPolicy } from "./refusal.ts";

/** Why the request is refused, undefined when it may go on. An ACK with a refusal is dropped, never answered. */
export function validateRequest(request: SipRequest, policy: UasPolicy): Refusal | undefined {
  const fault = messageFault(request) ?? requestFault(request);
  return fault === undefined ? expectationRefusal(request, policy) : refusal(400, fault);
}

/** Why the response must be dropped, undefined when it may be matched. */
export function validateResponse(response: SipResponse): string | undefined {
  // §8.1.3.3: more than one Via was meant for somebody else.
  if (headersOf(response, "via").length > 1) return "more than one Via in a response";
  return messageFault(response);
}

export type Judgement =
  | { readonly type: "process"; readonly message: SipMessage }
  /** Refused without any state. */
  | { readonly type: "answer"; readonly response: SipResponse; readonly why: string }
  | { readonly type: "drop"; readonly why: string };

/** What a stateless UAS does with one datagram. */
export function judge(bytes: Uint8Array, policy: UasPolicy): Judgement {
  const result = parseMessage(bytes, { stream: false });
  if (!result.ok) {
    if (result.status === undefined || result.answerable === undefined) return { type: "drop", why: result.problem };
    return answer(result.answerable, refusal(result.status, result.problem));
  }
  const { message } = result;
  if (message.kind === "response") {
    const why = validateResponse(message);
    return why === undefined ? { type: "process", message } : { type: "drop", why };
  }
  const refused = validateRequest(message, policy);
  if (refused === undefined) return { type: "process", message };
  return message.method === "ACK" ? { type: "drop", why: refused.reason } : answer(message, refused);
}

function answer(request: SipRequest, refused: Refusal): Judgement {
  const { status, reason, headers } = refused;
  const response = makeResponse(request, status, { reason, headers, toTag: statelessTag(request) });
  return { type: "answer", response, why: reason };
}

/** §8.2.7: retransmissions of a request must get the same To tag although nothing is remembered of it. */
export function statelessTag(request: SipRequest): string {
  const hash = createHash("sha256");
  for (const name of ["via", "from", "call-id", "cseq"]) hash.update(`${headerOf(request, name)}\n`);
  return hash.digest("hex").slice(0, 16);
}
