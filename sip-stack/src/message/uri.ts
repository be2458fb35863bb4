/** SIP, SIPS and tel URIs (RFC 3261 §19.1, RFC 3966). Others are recognised by scheme and kept whole. */
import { breaksUri, isDigits, isHex, isHostName, isToken, parseUint } from "./chars.ts";
import { bracketed, isIpv6 } from "./ip.ts";
import { type Param, paramOf } from "./params.ts";

export interface SipUri {
  readonly kind: "sip";
  readonly scheme: "sip" | "sips";
  /** Verbatim: escapes and `:password` included. undefined without `@`. */
  readonly user: string | undefined;
  /** Lower-case; IPv6 without brackets. */
  readonly host: string;
  readonly port: number | undefined;
  /** Values verbatim, escapes included. */
  readonly params: readonly Param[];
  /** What stands after `?`, verbatim. */
  readonly headers: string | undefined;
}

export interface TelUri {
  readonly kind: "tel";
  /** Visual separators removed: `+12025550123`. */
  readonly number: string;
  readonly params: readonly Param[];
}

export interface OtherUri {
  readonly kind: "other";
  /** Lower-case. */
  readonly scheme: string;
  readonly rest: string;
}

export type Uri = SipUri | TelUri | OtherUri;

/** undefined for what is not a URI: blanks, no scheme, a bad host or port. */
export function parseUri(text: string): Uri | undefined {
  const colon = text.indexOf(":");
  if (colon <= 0 || colon === text.length - 1 || breaksUri(text)) return undefined;
  const scheme = text.slice(0, colon).toLowerCase();
  if (scheme === "sip" || scheme === "sips") return parseSip(text, scheme, colon + 1);
  if (scheme === "tel") return parseTel(text, colon + 1);
  if (!isToken(scheme) || isDigits(scheme, 0, 1)) return undefined;
  return { kind: "other", scheme, rest: text.slice(colon + 1) };
}

function parseSip(text: string, scheme: "sip" | "sips", start: number): SipUri | undefined {
  // An unescaped @ stands only before the host; the user part may hold ; and ? (RFC 4475 §3.1.1.9).
  const at = text.indexOf("@", start);
  if (at === start) return undefined;
  const user = at === -1 ? undefined : text.slice(start, at);
  const hostStart = at === -1 ? start : at + 1;
  const query = text.indexOf("?", hostStart);
  const bodyEnd = query === -1 ? text.length : query;
  const semicolon = text.indexOf(";", hostStart);
  const hostEnd = semicolon === -1 || semicolon > bodyEnd ? bodyEnd : semicolon;
  const place = parseHostPort(text.slice(hostStart, hostEnd));
  const params = parseUriParams(text.slice(hostEnd, bodyEnd));
  if (place === undefined || params === undefined || user?.includes("[")) return undefined;
  return {
    kind: "sip",
    scheme,
    user,
    host: place.host,
    port: place.port,
    params,
    headers: query === -1 ? undefined : text.slice(query + 1),
  };
}

/** `host[:port]` or `[ipv6][:port]`, without blanks. The host comes back lower-case and without brackets. */
export function parseHostPort(text: string): { host: string; port: number | undefined } | undefined {
  let host: string;
  let rest: string;
  if (text.startsWith("[")) {
    const close = text.indexOf("]");
    host = text.slice(1, close === -1 ? 1 : close);
    rest = text.slice(close + 1);
    if (!isIpv6(host)) return undefined;
  } else {
    const colon = text.indexOf(":");
    host = colon === -1 ? text : text.slice(0, colon);
    rest = colon === -1 ? "" : text.slice(colon);
    if (!isHostName(host)) return undefined;
  }
  if (rest === "") return { host: host.toLowerCase(), port: undefined };
  const port = rest.startsWith(":") ? parseUint(rest.slice(1), 65535) : undefined;
  return port === undefined ? undefined : { host: host.toLowerCase(), port };
}

/** `;a=b;c`, no blanks; "" gives none. */
function parseUriParams(text: string): Param[] | undefined {
  if (text === "") return [];
  const params: Param[] = [];
  for (const part of text.slice(1).split(";")) {
    const equals = part.indexOf("=");
    const name = equals === -1 ? part : part.slice(0, equals);
    if (name === "") return undefined;
    params.push({ name: name.toLowerCase(), value: equals === -1 ? undefined : part.slice(equals + 1) });
  }
  return params;
}

function parseTel(text: string, start: number): TelUri | undefined {
  const semicolon = text.indexOf(";", start);
  const end = semicolon === -1 ? text.length : semicolon;
  let number = "";
  for (let i = start; i < end; i++) {
    const char = text[i]!;
    // RFC 3966 §3: visual separators carry no meaning.
    if (char === "-" || char === "." || char === "(" || char === ")") continue;
    if (!isHex(char) && char !== "*" && char !== "#" && !(char === "+" && i === start)) return undefined;
    number += char;
  }
  const params = parseUriParams(text.slice(end));
  return number === "" || number === "+" || params === undefined ? undefined : { kind: "tel", number, params };
}

export function printUri(uri: Uri): string {
  if (uri.kind === "other") return `${uri.scheme}:${uri.rest}`;
  if (uri.kind === "tel") return `tel:${uri.number}${printUriParams(uri.params)}`;
  const user = uri.user === undefined ? "" : `${uri.user}@`;
  const port = uri.port === undefined ? "" : `:${uri.port}`;
  const headers = uri.headers === undefined ? "" : `?${uri.headers}`;
  return `${uri.scheme}:${user}${bracketed(uri.host)}${port}${printUriParams(uri.params)}${headers}`;
}

function printUriParams(params: readonly Param[]): string {
  let out = "";
  for (const { name, value } of params) out += value === undefined ? `;${name}` : `;${name}=${value}`;
  return out;
}

/** Parameters that count even when only one of the two URIs has them (§19.1.4). */
const NEVER_IGNORED = ["user", "ttl", "method", "maddr", "transport"];

/** Whether two URIs are the same by RFC 3261 §19.1.4 (tel: RFC 3966 §4). */
export function sameUri(a: Uri, b: Uri): boolean {
  if (a.kind === "sip" && b.kind === "sip") {
    return (
      a.scheme === b.scheme &&
      normalEscapes(a.user ?? "@") === normalEscapes(b.user ?? "@") &&
      a.host === b.host &&
      a.port === b.port &&
      NEVER_IGNORED.every((name) => sameParam(a.params, b.params, name)) &&
      a.params.every(({ name }) => paramOf(b.params, name) === undefined || sameParam(a.params, b.params, name)) &&
      sortedHeaders(a.headers) === sortedHeaders(b.headers)
    );
  }
  if (a.kind === "tel" && b.kind === "tel") {
    return (
      a.number.toLowerCase() === b.number.toLowerCase() &&
      [...a.params, ...b.params].every(({ name }) => sameParam(a.params, b.params, name))
    );
  }
  return a.kind === "other" && b.kind === "other" && a.scheme === b.scheme && a.rest === b.rest;
}

function sameParam(a: readonly Param[], b: readonly Param[], name: string): boolean {
  const [left, right] = [paramOf(a, name), paramOf(b, name)];
  if (left === undefined || right === undefined) return left === right;
  return normalEscapes(left).toLowerCase() === normalEscapes(right).toLowerCase();
}

/** Order of URI headers does not matter. */
function sortedHeaders(headers: string | undefined): string {
  return (headers ?? "").split("&").map(normalEscapes).toSorted().join("&");
}

/** Escapes of characters that need none are undone, the others written in capitals (§19.1.4). */
function normalEscapes(text: string): string {
  if (!text.includes("%")) return text;
  let out = "";
  for (let i = 0; i < text.length; i++) {
    if (text[i] !== "%" || !isHex(text, i + 1, i + 3) || i + 3 > text.length) {
      out += text[i];
      continue;
    }
    const char = String.fromCharCode(Number.parseInt(text.slice(i + 1, i + 3), 16));
    out += isUnreserved(char) ? char : text.slice(i, i + 3).toUpperCase();
    i += 2;
  }
  return out;
}

function isUnreserved(char: string): boolean {
  return (isToken(char) && char !== "%" && char !== "+" && char !== "`") || char === "(" || char === ")";
}

/** Characters of a user part that may stand as they are: unreserved and user-unreserved (§25.1). */
function staysInUser(char: string): boolean {
  return isUnreserved(char) || "&=+$,;?/".includes(char);
}

/** `text` as a user part: everything else becomes %HH of its UTF-8. */
export function escapeUser(text: string): string {
  let out = "";
  for (const char of text) {
    if (staysInUser(char)) out += char;
    else for (const byte of Buffer.from(char, "utf8")) out += `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return out;
}

/** Undoes %HH, as UTF-8; a `%` that starts no escape stays. The password, if any, stays too. */
export function unescapeUser(text: string): string {
  if (!text.includes("%")) return text;
  const bytes: number[] = [];
  const source = Buffer.from(text, "utf8");
  for (let i = 0; i < source.length; i++) {
    const hex = source.toString("latin1", i + 1, i + 3);
    if (source[i] === 0x25 && hex.length === 2 && isHex(hex)) {
      bytes.push(Number.parseInt(hex, 16));
      i += 2;
    } else bytes.push(source[i]!);
  }
  return Buffer.from(bytes).toString("utf8");
}
