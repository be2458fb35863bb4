/** Refer-To (RFC 3515 §2.1): whom to call, with what that INVITE shall carry in the URI's header part (RFC 3891 §4). */
import { parseNameAddr } from "./name-addr.ts";
import { parseReplaces, printReplaces, type Replaced } from "./replaces.ts";
import { parseUri, printUri, unescapeUser } from "./uri.ts";

export interface ReferTo {
  /** Without the header part. */
  readonly uri: string;
  readonly replaces: Replaced | undefined;
}

/** undefined when it cannot be read, or names a Replaces that cannot. */
export function parseReferTo(value: string): ReferTo | undefined {
  const text = parseNameAddr(value)?.uri;
  const uri = text === undefined ? undefined : parseUri(text);
  if (text === undefined || uri === undefined) return undefined;
  if (uri.kind !== "sip" || uri.headers === undefined) return { uri: text, replaces: undefined };
  const plain = printUri({ ...uri, headers: undefined });
  for (const header of uri.headers.split("&")) {
    const equals = header.indexOf("=");
    if (unescapeUser(header.slice(0, equals)).toLowerCase() !== "replaces") continue;
    const replaces = parseReplaces(unescapeUser(header.slice(equals + 1)));
    return replaces === undefined ? undefined : { uri: plain, replaces };
  }
  return { uri: plain, replaces: undefined };
}

/** Value of the header; `uri` must carry no header part when something is to be replaced. */
export function printReferTo({ uri, replaces }: ReferTo): string {
  if (replaces === undefined) return `<${uri}>`;
  // §19.1.1: what stands in the header part is escaped.
  return `<${uri}?Replaces=${encodeURIComponent(printReplaces(replaces))}>`;
}
