/** Typed readers of single header values. What cannot be read gives undefined; who needs it decides what that means. */
import { isToken, parseUint, skipBlanks, trimBlanks } from "./chars.ts";
import { headerOf, headersOf, type SipMessage } from "./message.ts";
import { paramOf, parseParams } from "./params.ts";

export interface CSeq {
  readonly number: number;
  readonly method: string;
}

/** RFC 3261 §8.1.1.5: the number is below 2^31. */
export function parseCSeq(value: string): CSeq | undefined {
  let end = 0;
  while (end < value.length && value.charCodeAt(end) > 0x20) end++;
  const number = parseUint(value.slice(0, end), 2 ** 31 - 1);
  const method = value.slice(skipBlanks(value, end));
  return number === undefined || !isToken(method) ? undefined : { number, method };
}

export function cseqOf(message: SipMessage): CSeq | undefined {
  const value = headerOf(message, "cseq");
  return value === undefined ? undefined : parseCSeq(value);
}

/** §20.22: 0–255. */
export function maxForwardsOf(message: SipMessage): number | undefined {
  const value = headerOf(message, "max-forwards");
  return value === undefined ? undefined : parseUint(value, 255);
}

/** Seconds, 0 … 2^32-1 (§20.19). A value out of range reads as absent, as a malformed one shall (§10.3). */
export function expiresOf(message: SipMessage): number | undefined {
  const value = headerOf(message, "expires");
  return value === undefined ? undefined : parseUint(value, 2 ** 32 - 1);
}

/** Seconds (§20.33); the comment and parameters are left out. Out of range reads as absent: nobody is parked for centuries. */
export function retryAfterOf(message: Pick<SipMessage, "headers">): number | undefined {
  const value = headerOf(message, "retry-after");
  if (value === undefined) return undefined;
  let end = 0;
  while (end < value.length && value.charCodeAt(end) >= 0x30 && value.charCodeAt(end) <= 0x39) end++;
  return parseUint(value.slice(0, end), 2 ** 32 - 1);
}

/** `cause` of `Reason: Q.850;cause=16` (RFC 3326 §2), 1–127. */
export function q850Of(message: SipMessage): number | undefined {
  for (const value of headersOf(message, "reason")) {
    const semicolon = value.indexOf(";");
    if (semicolon === -1 || trimBlanks(value.slice(0, semicolon)).toUpperCase() !== "Q.850") continue;
    const params = parseParams(value, semicolon);
    const cause = params === undefined ? undefined : parseUint(paramOf(params, "cause") ?? "", 127);
    if (cause !== undefined && cause > 0) return cause;
  }
  return undefined;
}

/** Elements of comma lists of tokens (Supported, Require, Allow, Accept, …), as sent, over all lines of that name. */
export function tokensOf(message: SipMessage, lowerName: string): string[] {
  const tokens: string[] = [];
  for (const value of headersOf(message, lowerName)) {
    for (const part of value.split(",")) {
      const token = trimBlanks(part);
      if (token !== "") tokens.push(token);
    }
  }
  return tokens;
}
