/** Session-Expires and Min-SE (RFC 4028 §4, §5). */
import { parseUint, trimBlanks } from "./chars.ts";
import { headerOf, type SipMessage } from "./message.ts";
import { paramOf, parseParams } from "./params.ts";

export interface SessionExpires {
  readonly secs: number;
  readonly refresher: "uac" | "uas" | undefined;
}

/** Longest that is understood: a month. Above it there is no timer worth keeping. */
const MAX_SECS = 31 * 24 * 3600;

export function sessionExpiresOf(message: SipMessage): SessionExpires | undefined {
  const read = secondsOf(headerOf(message, "session-expires"));
  if (read === undefined) return undefined;
  const refresher = paramOf(read.params, "refresher")?.toLowerCase();
  return { secs: read.secs, refresher: refresher === "uac" || refresher === "uas" ? refresher : undefined };
}

/** Seconds; undefined without one. */
export function minSeOf(message: SipMessage): number | undefined {
  return secondsOf(headerOf(message, "min-se"))?.secs;
}

function secondsOf(
  value: string | undefined,
): { secs: number; params: NonNullable<ReturnType<typeof parseParams>> } | undefined {
  if (value === undefined) return undefined;
  const semicolon = value.indexOf(";");
  const secs = parseUint(trimBlanks(semicolon === -1 ? value : value.slice(0, semicolon)), MAX_SECS);
  const params = semicolon === -1 ? [] : parseParams(value, semicolon);
  return secs === undefined || params === undefined ? undefined : { secs, params };
}
