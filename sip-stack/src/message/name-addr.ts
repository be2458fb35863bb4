/** From, To, Contact, Route, Record-Route and their kin: `"Display" <uri>;params` (RFC 3261 §20.10, §25.1). */
import { breaksUri, closingQuote, quote, skipBlanks, trimBlanks, unquote } from "./chars.ts";
import { type Param, paramOf, parseParams, printParams, withParam } from "./params.ts";

export interface NameAddr {
  /** Without quotes and backslashes; "" when there is none. */
  readonly displayName: string;
  /** Without brackets, verbatim. */
  readonly uri: string;
  readonly params: readonly Param[];
}

/** undefined for a quote or bracket that never closes, blanks in the URI, a comma or `?` outside brackets. */
export function parseNameAddr(value: string): NameAddr | undefined {
  const start = skipBlanks(value, 0);
  if (value.charCodeAt(start) === 0x22) {
    const close = closingQuote(value, start);
    const open = close === -1 ? -1 : skipBlanks(value, close + 1);
    if (open === -1 || value[open] !== "<") return undefined;
    return inBrackets(value, open, unquote(value.slice(start + 1, close)));
  }
  const open = value.indexOf("<", start);
  if (open === -1) return bare(value, start);
  const displayName = trimBlanks(value.slice(start, open));
  // Wider than tokens: gateways send "Desk (2) <sip:…>". What would change the meaning is refused.
  for (const char of displayName) if (char === "," || char === ";" || char === '"' || char === ">") return undefined;
  return inBrackets(value, open, displayName);
}

function inBrackets(value: string, open: number, displayName: string): NameAddr | undefined {
  const close = value.indexOf(">", open);
  const uri = close === -1 ? "" : value.slice(open + 1, close);
  if (!isUriShaped(uri)) return undefined;
  const params = parseParams(value, close + 1);
  return params === undefined ? undefined : { displayName, uri, params };
}

/** Without brackets every parameter is the header's, and a comma or question mark is an error (§20). */
function bare(value: string, start: number): NameAddr | undefined {
  const semicolon = value.indexOf(";", start);
  const uri = trimBlanks(value.slice(start, semicolon === -1 ? value.length : semicolon));
  if (!isUriShaped(uri) || uri.includes(",") || uri.includes("?")) return undefined;
  const params = semicolon === -1 ? [] : parseParams(value, semicolon);
  return params === undefined ? undefined : { displayName: "", uri, params };
}

function isUriShaped(uri: string): boolean {
  return uri.indexOf(":") > 0 && !breaksUri(uri);
}

export function printNameAddr(address: NameAddr): string {
  const name = address.displayName === "" ? "" : `${quote(address.displayName)} `;
  return `${name}<${address.uri}>${printParams(address.params)}`;
}

/** The tag of a From or To value; undefined without one or when the value cannot be read. */
export function tagOf(value: string): string | undefined {
  const address = parseNameAddr(value);
  return address === undefined ? undefined : paramOf(address.params, "tag");
}

/** The value with `;tag=`: appended, so that what the peer wrote stays as it was; an old tag is replaced. */
export function withTag(value: string, tag: string): string {
  const address = parseNameAddr(value);
  if (address === undefined || paramOf(address.params, "tag") === undefined) return `${value};tag=${tag}`;
  return printNameAddr({ ...address, params: withParam(address.params, "tag", tag) });
}
