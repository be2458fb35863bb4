/**
 * Digits in INFO bodies, as gateways send them beside RFC 4733: `application/dtmf-relay` (lines `Signal=5`,
 * `Duration=160`) and `application/dtmf` (the digit alone). No RFC describes either.
 */
import { parseUint, trimBlanks } from "./chars.ts";

export interface DtmfInfo {
  /** 0–9, *, #, A–D. */
  readonly digit: string;
  readonly durationMs: number | undefined;
}

/** Longest body that is looked at: a digit is short. */
const MAX_BODY_CHARS = 256;

/** The digit of an INFO; undefined for other bodies, for a hook flash and for what is no digit. */
export function readDtmfInfo(contentType: string, body: string): DtmfInfo | undefined {
  const type = trimBlanks(contentType.split(";", 1)[0]!).toLowerCase();
  if (body.length > MAX_BODY_CHARS) return undefined;
  if (type === "application/dtmf-relay") return readRelay(body);
  if (type !== "application/dtmf") return undefined;
  // Some send the lines of dtmf-relay under this name.
  if (body.includes("=")) return readRelay(body);
  const digit = digitOf(body.trim());
  return digit === undefined ? undefined : { digit, durationMs: undefined };
}

/** Body and type of an INFO that says one digit, for `info`. */
export function makeDtmfInfo(digit: string, durationMs: number): { contentType: string; body: string } {
  return { contentType: "application/dtmf-relay", body: `Signal=${digit}\r\nDuration=${Math.round(durationMs)}\r\n` };
}

function readRelay(body: string): DtmfInfo | undefined {
  let digit: string | undefined;
  let durationMs: number | undefined;
  for (const line of body.split(/\r?\n/)) {
    const equals = line.indexOf("=");
    if (equals === -1) continue;
    const name = line.slice(0, equals).trim().toLowerCase();
    const value = line.slice(equals + 1).trim();
    if (name === "signal") digit = digitOf(value);
    else if (name === "duration") durationMs = parseUint(value, 60_000);
  }
  return digit === undefined ? undefined : { digit, durationMs };
}

/** 10 to 15 are the event numbers of *, # and A–D (RFC 4733 §3.2). */
function digitOf(signal: string): string | undefined {
  if (/^[0-9*#A-Da-d]$/.test(signal)) return signal.toUpperCase();
  const event = parseUint(signal, 15);
  return event === undefined || event < 10 ? undefined : "*#ABCD"[event - 10];
}
