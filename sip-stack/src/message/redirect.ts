/** Where a 3xx sends us (RFC 3261 §8.1.3.4, §20.10). */
import { headersOf, type SipResponse } from "./message.ts";
import { parseNameAddr } from "./name-addr.ts";
import { paramOf } from "./params.ts";
import { parseUri } from "./uri.ts";

export interface RedirectTarget {
  readonly uri: string;
  /** 0…1; 1 where none was said. */
  readonly q: number;
}

/** More are not looked at. */
const MAX_CONTACTS = 10;

/** Contacts of a 3xx, highest q first, those of one q in the order they came; empty for any other response. */
export function redirectsOf(response: SipResponse): RedirectTarget[] {
  if (response.status < 300 || response.status > 399) return [];
  const targets: RedirectTarget[] = [];
  for (const value of headersOf(response, "contact").slice(0, MAX_CONTACTS)) {
    const contact = parseNameAddr(value);
    const uri = contact === undefined ? undefined : parseUri(contact.uri);
    if (contact === undefined || uri === undefined || uri.kind === "other") continue;
    const q = Number(paramOf(contact.params, "q") ?? "1");
    targets.push({ uri: contact.uri, q: q >= 0 && q <= 1 ? q : 0 });
  }
  return targets.sort((a, b) => b.q - a.q);
}
