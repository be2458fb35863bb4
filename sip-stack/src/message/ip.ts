/** IP literals in SIP and SDP text (RFC 3986 §3.2.2, RFC 5118 §4.10: no third colon before an embedded IPv4). */
import { isDigits, isHex } from "./chars.ts";

export function isIpv4(text: string): boolean {
  const parts = text.split(".", 5);
  if (parts.length !== 4) return false;
  for (const part of parts) if (part.length > 3 || !isDigits(part) || Number(part) > 255) return false;
  return true;
}

/** Without brackets and without a zone. */
export function isIpv6(text: string): boolean {
  if (text.length < 2 || text.length > 45) return false;
  const gap = text.indexOf("::");
  if (gap === -1) return groups(text) === 8;
  if (text.indexOf("::", gap + 1) !== -1) return false;
  const left = gap === 0 ? 0 : groups(text.slice(0, gap));
  const rest = text.slice(gap + 2);
  const right = rest === "" ? 0 : groups(rest);
  return left >= 0 && right >= 0 && left + right <= 7 && !text.slice(0, gap).includes(".");
}

/** 16-bit groups in a run without `::`; an embedded IPv4 at the end counts two; -1 for a bad one. */
function groups(text: string): number {
  const parts = text.split(":", 9);
  let count = 0;
  for (const [i, part] of parts.entries()) {
    if (i === parts.length - 1 && part.includes(".")) {
      if (!isIpv4(part)) return -1;
      count += 2;
    } else if (part.length > 4 || !isHex(part)) return -1;
    else count++;
  }
  return count;
}

/** As it stands in a URI or Via: IPv6 gets brackets. */
export function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
