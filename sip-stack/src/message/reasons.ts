/** All that the Reason headers of a message say (RFC 3326). */
import { parseUint, trimBlanks } from "./chars.ts";
import { headersOf, type SipMessage } from "./message.ts";
import { paramOf, parseParams } from "./params.ts";
import { q850Of } from "./values.ts";

export interface ReasonFacts {
  readonly q850: number | undefined;
  /** Status code of `Reason: SIP`. */
  readonly sipCause: number | undefined;
  /** `text` of the first that has one. */
  readonly reasonText: string | undefined;
}

export const NO_REASONS: ReasonFacts = { q850: undefined, sipCause: undefined, reasonText: undefined };

export function reasonsOf(message: SipMessage): ReasonFacts {
  let sipCause: number | undefined;
  let reasonText: string | undefined;
  for (const value of headersOf(message, "reason")) {
    const semicolon = value.indexOf(";");
    const params = semicolon === -1 ? undefined : parseParams(value, semicolon);
    if (params === undefined) continue;
    reasonText ??= paramOf(params, "text");
    if (trimBlanks(value.slice(0, semicolon)).toUpperCase() === "SIP") {
      sipCause ??= parseUint(paramOf(params, "cause") ?? "", 699);
    }
  }
  return { q850: q850Of(message), sipCause, reasonText };
}
