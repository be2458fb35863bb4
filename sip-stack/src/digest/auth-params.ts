/** `Scheme name=value, name="value"`: the shape of challenges and credentials (RFC 7616 §3.3, RFC 3261 §25.1). */
import { closingQuote, isToken, quote, skipBlanks, unquote } from "../message/chars.ts";

export interface AuthValue {
  /** Lower-case. */
  readonly scheme: string;
  /** Names lower-case, values without quotes. */
  readonly params: ReadonlyMap<string, string>;
}

const COMMA = 0x2c;

/** undefined for another shape, and for a name that comes twice: which would be meant? */
export function parseAuth(value: string): AuthValue | undefined {
  const space = value.indexOf(" ");
  if (space <= 0) return undefined;
  const params = new Map<string, string>();
  let i = skipBlanks(value, space);
  while (i < value.length) {
    const equals = value.indexOf("=", i);
    const name = equals === -1 ? "" : value.slice(i, equals).trim().toLowerCase();
    if (!isToken(name) || params.has(name)) return undefined;
    const start = skipBlanks(value, equals + 1);
    const item = value[start] === '"' ? quotedAt(value, start) : wordAt(value, start);
    if (item === undefined) return undefined;
    params.set(name, item.text);
    i = skipBlanks(value, item.end);
    if (i < value.length && value.charCodeAt(i) !== COMMA) return undefined;
    i = skipBlanks(value, i + 1);
  }
  return { scheme: value.slice(0, space).toLowerCase(), params };
}

function quotedAt(value: string, open: number): { text: string; end: number } | undefined {
  const close = closingQuote(value, open);
  return close === -1 ? undefined : { text: unquote(value.slice(open + 1, close)), end: close + 1 };
}

function wordAt(value: string, start: number): { text: string; end: number } | undefined {
  let end = start;
  while (end < value.length && value.charCodeAt(end) !== COMMA && value.charCodeAt(end) > 0x20) end++;
  return end === start ? undefined : { text: value.slice(start, end), end };
}

/** Parameters that stand without quotes (RFC 7616 §3.3, §3.4); `qop` does so in credentials only. */
const BARE = new Set(["algorithm", "stale", "nc"]);

/** `bareQop`: credentials say qop=auth, challenges qop="auth". */
export function printAuth(params: readonly (readonly [string, string])[], bareQop: boolean): string {
  const parts = params.map(([name, value]) => {
    const isBare = BARE.has(name) || (bareQop && name === "qop");
    return `${name}=${isBare ? value : quote(value)}`;
  });
  return `Digest ${parts.join(", ")}`;
}
