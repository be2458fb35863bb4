/** `message/sipfrag` (RFC 3420) as far as REFER needs it: the status line of the referred call (RFC 3515 §2.4.5). */
import { reasonPhrase } from "./reason.ts";

export const SIPFRAG_TYPE = "message/sipfrag;version=2.0";

export interface FragStatus {
  readonly status: number;
  readonly reason: string;
}

/** The status line a fragment starts with; undefined when it starts otherwise. */
export function readSipfrag(text: string): FragStatus | undefined {
  const match = /^\s*SIP\/2\.0 +([1-6]\d\d)(?: +([^\r\n]*))?(?:\r?\n|$)/i.exec(text);
  return match === null ? undefined : { status: Number(match[1]), reason: match[2] ?? "" };
}

export function makeSipfrag(status: number, reason: string = reasonPhrase(status)): string {
  return `SIP/2.0 ${status} ${reason.replaceAll(/[\r\n]+/g, " ")}\r\n`;
}
