/**
 * SDP security descriptions: `a=crypto` (RFC 4568). Keys are only ever text on its way between SDP and the media engine.
 *
 *     a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:<key and salt, base64>|2^31|1:4 FEC_KEY=…
 *              tag suite                                              lifetime MKI session parameters
 */
import { parseUint } from "../message/chars.ts";
import type { SrtpKeys, SrtpSuite } from "./audio.ts";
import type { MediaSection } from "./parse.ts";

/** Bytes of master key and salt together (RFC 4568 §6.2, RFC 6188 §3), in the order they are offered. */
export const SRTP_KEY_BYTES: Readonly<Record<SrtpSuite, number>> = {
  AES_CM_128_HMAC_SHA1_80: 30,
  AES_CM_128_HMAC_SHA1_32: 30,
  AES_256_CM_HMAC_SHA1_80: 46,
};

const SUITES: readonly SrtpSuite[] = ["AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32", "AES_256_CM_HMAC_SHA1_80"];

export interface Crypto {
  readonly tag: number;
  readonly suite: SrtpSuite;
  /** Base64. */
  readonly key: string;
}

/** One fresh key a suite. `fill` fills and returns what it is given with bytes nobody can guess. */
export function makeSrtpKeys(fill: (out: Uint8Array) => Uint8Array): SrtpKeys {
  const keyOf = (suite: SrtpSuite): string =>
    Buffer.from(fill(new Uint8Array(SRTP_KEY_BYTES[suite]))).toString("base64");
  return {
    AES_CM_128_HMAC_SHA1_80: keyOf("AES_CM_128_HMAC_SHA1_80"),
    AES_CM_128_HMAC_SHA1_32: keyOf("AES_CM_128_HMAC_SHA1_32"),
    AES_256_CM_HMAC_SHA1_80: keyOf("AES_256_CM_HMAC_SHA1_80"),
  };
}

/** All suites with our keys, best first. */
export function offeredCryptos(keys: SrtpKeys): Crypto[] {
  return SUITES.map((suite, i) => ({ tag: i + 1, suite, key: keys[suite] }));
}

/** Those of `section` that we can do, in its order. */
export function cryptosOf(section: MediaSection): Crypto[] {
  return section.attributes.flatMap(({ name, value }) => (name === "crypto" ? (readCrypto(value) ?? []) : []));
}

export function printCrypto({ tag, suite, key }: Crypto): string {
  return `a=crypto:${tag} ${suite} inline:${key}\r\n`;
}

function readCrypto(value: string): Crypto | undefined {
  const [tagText = "", suiteText = "", keyText = "", ...parameters] = value.trim().split(/ +/);
  const tag = parseUint(tagText, 999_999_999);
  const suite = SUITES.find((each) => each === suiteText.toUpperCase());
  // §6.3: a session parameter we do not know must not be agreed to; a window size hint changes nothing.
  if (tag === undefined || suite === undefined || !parameters.every((each) => each.startsWith("WSH=")))
    return undefined;
  const [inline = "", ...rest] = keyText.split("|");
  // `lifetime` is a promise of the sender; an MKI (`id:length`) would stand in every packet, and several keys need one.
  if (!inline.startsWith("inline:") || keyText.includes(";") || rest.some((each) => each.includes(":")))
    return undefined;
  const key = inline.slice("inline:".length);
  return isKey(key, SRTP_KEY_BYTES[suite]) ? { tag, suite, key } : undefined;
}

function isKey(text: string, bytes: number): boolean {
  return /^[A-Za-z0-9+/]+={0,2}$/.test(text) && Buffer.from(text, "base64").length === bytes;
}
