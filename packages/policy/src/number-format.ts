/**
 * Numbers as trunks write them. Inside, every number is E.164 with `+` (RFC 3966 §5.1.4 calls it global); a route says
 * how its carrier writes them, and these two functions are the only translation.
 */
import type { NumberChange, RouteOptions } from "@voepy/store";
import { normaliseNumber } from "./directory.ts";

type Dialling = Pick<RouteOptions, "defaultCountryCode" | "nationalPrefix" | "internationalPrefix">;

/** `+15125550100` as the carrier wants it. What is no number (a `sip:` party, `anonymous`) stays as it is. */
export function outgoingNumber(number: string, change: NumberChange, dialling: Dialling): string {
  if (!/^\+[0-9]+$/.test(number)) return number;
  const written = inFormat(number, change.format, dialling);
  const plus = written.startsWith("+") && change.stripDigits === 0 && change.prepend === "" ? "+" : "";
  return `${change.prepend}${plus}${written.replace("+", "").slice(change.stripDigits)}`;
}

function inFormat(number: string, format: NumberChange["format"], dialling: Dialling): string {
  if (format === "e164") return number;
  const digits = number.slice(1);
  if (format === "e164_no_plus") return digits;
  const { defaultCountryCode: country, nationalPrefix, internationalPrefix } = dialling;
  if (country !== null && digits.startsWith(country)) return `${nationalPrefix}${digits.slice(country.length)}`;
  return `${internationalPrefix}${digits}`;
}

/** Digits of a national number in country 1; elsewhere lengths vary. */
const NANP_DIGITS = 10;

/**
 * What a carrier wrote, as E.164. Without a default country every number counts as international. With one, what
 * begins with neither `+`, the international prefix nor the country code itself is national.
 */
export function incomingNumber(written: string, dialling: Dialling): string {
  const text = written.replace(/[-.() ]/g, "");
  const { defaultCountryCode: country, nationalPrefix, internationalPrefix } = dialling;
  if (text.startsWith("+") || country === null) return normaliseNumber(text);
  if (internationalPrefix !== "" && text.startsWith(internationalPrefix)) {
    return `+${text.slice(internationalPrefix.length)}`;
  }
  if (nationalPrefix !== "" && text.startsWith(nationalPrefix))
    return `+${country}${text.slice(nationalPrefix.length)}`;
  if (country === "1") return text.length === NANP_DIGITS ? `+1${text}` : `+${text}`;
  return text.startsWith(country) ? `+${text}` : `+${country}${text}`;
}

/** Whether a user part is a number at all, and not a name or `anonymous`. */
export function isNumber(user: string): boolean {
  return /^\+?[0-9]{3,15}$/.test(user);
}
