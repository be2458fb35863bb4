/** Header fields of reliable provisional responses (RFC 3262 §7). */
import { isToken, parseUint } from "./chars.ts";
import { headerOf, type SipRequest, type SipResponse } from "./message.ts";
import { tokensOf } from "./values.ts";

/** RFC 3262 §7.1: 1 to 2^32 - 1. */
const MAX_RSEQ = 2 ** 32 - 1;

/** RSeq of a provisional that asks for PRACK; undefined when it does not (§4: both RSeq and Require are needed). */
export function rseqOf(response: SipResponse): number | undefined {
  const value = headerOf(response, "rseq");
  if (value === undefined || !tokensOf(response, "require").some((tag) => tag.toLowerCase() === "100rel")) {
    return undefined;
  }
  const rseq = parseUint(value, MAX_RSEQ);
  return rseq === 0 ? undefined : rseq;
}

export interface Rack {
  readonly rseq: number;
  readonly cseq: number;
  readonly method: string;
}

/** RAck of a PRACK: `rseq cseq method` (§7.2). */
export function rackOf(request: SipRequest): Rack | undefined {
  const [rseqText = "", cseqText = "", method = "", ...rest] = (headerOf(request, "rack") ?? "").split(/[ \t]+/);
  const rseq = parseUint(rseqText, MAX_RSEQ);
  const cseq = parseUint(cseqText, 2 ** 31 - 1);
  if (rseq === undefined || cseq === undefined || !isToken(method) || rest.length > 0) return undefined;
  return { rseq, cseq, method };
}
