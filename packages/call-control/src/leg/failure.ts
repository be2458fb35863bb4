/** Why a leg came to nothing: SIP's words, and the API's for them. */
import type { SipEvent } from "@voepy/sip-stack";
import type { EndReason } from "@voepy/store";

/** As the Call tells it. */
export interface Failure {
  readonly reason: EndReason;
  readonly sipCode: number | null;
  readonly sipReason: string | null;
  readonly q850: number | null;
}

/** Nothing could be called: a user without contacts. */
export const NO_TARGET: Failure = {
  reason: "no_answer",
  sipCode: 480,
  sipReason: "Temporarily Unavailable",
  q850: null,
};

/** Of a fork's refusals 6xx wins, then what a person did (486) over what a network did (RFC 3261 §16.7 step 6). */
export function worse(before: Failure, now: Failure): Failure {
  return before.reason === "busy" || before.reason === "rejected" ? before : now;
}

/** SIP status to the words of the API. RFC 3398 §8.2.6.1 for what each means on the telephone network. */
export function failureOf(event: Extract<SipEvent, { type: "failed" }>): Failure {
  return {
    reason: reasonOf(event.cause, event.status),
    sipCode: event.status,
    sipReason: event.reason,
    q850: event.q850 ?? null,
  };
}

function reasonOf(cause: string, status: number): EndReason {
  if (cause === "transport") return "carrier_error";
  if (cause === "cancelled" || status === 487) return "canceled";
  switch (status) {
    case 486:
    case 600:
      return "busy";
    case 403:
    case 603:
    case 607:
    case 608:
      return "rejected";
    case 404:
    case 410:
    case 484:
    case 604:
      return "not_found";
    case 408:
    case 480:
      return "no_answer";
    case 415:
    case 488:
    case 606:
      return "codec_mismatch";
    default:
      return "carrier_error";
  }
}
