import { CodedError } from "../errors.ts";
import { isAddress, judgeAddress } from "./address-judge.ts";

/** Longest URL taken, in characters. */
const URL_CHARS = 2048;

/**
 * What can be said of a URL without asking DNS: its form, scheme, and a literal address. WHATWG parsing turns
 * 127.1, 0x7f.1, 2130706433 and full-width digits into the dotted form that is then judged; names are judged when
 * they are resolved.
 *
 * @throws CodedError `media_unreachable` with a plain reason.
 */
export function checkUrl(url: string, allowPrivate: boolean, schemes: readonly string[] = ["http:", "https:"]): URL {
  if (url.length > URL_CHARS) throw unreachableUrl(`the URL is longer than ${URL_CHARS} characters`);
  const parsed = URL.parse(url);
  if (!parsed) throw unreachableUrl("the URL is malformed");
  if (!schemes.includes(parsed.protocol)) {
    throw unreachableUrl(`the URL must begin with ${schemes.map((scheme) => `${scheme}//`).join(" or ")}`);
  }
  // A trailing dot is the same host to DNS and another one to string comparison.
  const host = parsed.hostname.replace(/\.+$/, "");
  if (host === "") throw unreachableUrl("the URL names no host");
  if (isAddress(host)) {
    const refusal = judgeAddress(host, allowPrivate);
    if (refusal) throw unreachableUrl(`address ${host} ${refusal}`);
  } else if (!allowPrivate && isLocalName(host)) {
    throw unreachableUrl(`host ${host} is local`);
  }
  return parsed;
}

/** RFC 6761 §6.3: resolvers answer localhost names with loopback. */
function isLocalName(host: string): boolean {
  const name = host.toLowerCase();
  return name === "localhost" || name.endsWith(".localhost");
}

export function unreachableUrl(message: string, cause?: unknown): CodedError {
  return new CodedError("media_unreachable", message, cause === undefined ? {} : { cause });
}
