/** Compact header names (RFC 3261 §7.3.3 and the IANA registry) and which headers are comma lists of addresses. */
import { trimBlanks } from "./chars.ts";

const COMPACT: ReadonlyMap<string, string> = new Map([
  ["a", "Accept-Contact"],
  ["b", "Referred-By"],
  ["c", "Content-Type"],
  ["d", "Request-Disposition"],
  ["e", "Content-Encoding"],
  ["f", "From"],
  ["i", "Call-ID"],
  ["j", "Reject-Contact"],
  ["k", "Supported"],
  ["l", "Content-Length"],
  ["m", "Contact"],
  ["n", "Identity-Info"],
  ["o", "Event"],
  ["r", "Refer-To"],
  ["s", "Subject"],
  ["t", "To"],
  ["u", "Allow-Events"],
  ["v", "Via"],
  ["x", "Session-Expires"],
  ["y", "Identity"],
]);

/** The name itself, or the long one of a compact form. */
export function longName(name: string): string {
  return name.length === 1 ? (COMPACT.get(name.toLowerCase()) ?? name) : name;
}

/** Headers whose elements are split into one Header each. Token lists (Supported, Allow, …) stay whole. */
const LISTS: ReadonlySet<string> = new Set([
  "via",
  "route",
  "record-route",
  "contact",
  "path",
  "service-route",
  "p-asserted-identity",
  "p-preferred-identity",
  "diversion",
  "history-info",
  "reason",
]);

export const isAddressList = (lowerName: string): boolean => LISTS.has(lowerName);

/**
 * Splits at commas outside quotes and angle brackets, each part trimmed. A quote or bracket that never closes
 * takes the rest: the reader of that part refuses it.
 */
export function splitList(value: string): string[] {
  const parts: string[] = [];
  let start = 0;
  let quoted = false;
  let bracketed = false;
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (quoted) {
      if (code === 0x5c) i++;
      else if (code === 0x22) quoted = false;
    } else if (code === 0x22) quoted = true;
    else if (code === 0x3c) bracketed = true;
    else if (code === 0x3e) bracketed = false;
    else if (code === 0x2c && !bracketed) {
      parts.push(trimBlanks(value.slice(start, i)));
      start = i + 1;
    }
  }
  parts.push(trimBlanks(value.slice(start)));
  return parts;
}
