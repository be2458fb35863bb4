/** The digest itself: RFC 7616 §3.4.1 (RFC 2617 §3.2.2 for MD5), algorithms of RFC 8760. qop is `auth` or none. */
import { createHash } from "node:crypto";

export type DigestAlgorithm = "MD5" | "MD5-sess" | "SHA-256" | "SHA-256-sess" | "SHA-512-256" | "SHA-512-256-sess";

/** Weakest first: of several challenges the strongest is answered. */
export const ALGORITHMS: readonly DigestAlgorithm[] = [
  "MD5",
  "MD5-sess",
  "SHA-256",
  "SHA-256-sess",
  "SHA-512-256",
  "SHA-512-256-sess",
];

/** Absent means MD5 (RFC 7616 §3.3); the names are case-insensitive; undefined for one we cannot do. */
export function algorithmOf(name: string | undefined): DigestAlgorithm | undefined {
  if (name === undefined) return "MD5";
  return ALGORITHMS.find((each) => each.toLowerCase() === name.toLowerCase());
}

export interface DigestInput {
  readonly algorithm: DigestAlgorithm;
  readonly username: string;
  readonly password: string;
  readonly realm: string;
  readonly nonce: string;
  readonly method: string;
  /** As it stands in the credentials. */
  readonly uri: string;
  /** undefined: no qop was agreed on, as RFC 2069 had it. */
  readonly qop: { readonly cnonce: string /** Eight hexadecimal digits. */; readonly nc: string } | undefined;
}

/** Lower-case hexadecimal. */
export function digestResponse(input: DigestInput): string {
  const hash = hasher(input.algorithm);
  const secret = hash(`${input.username}:${input.realm}:${input.password}`);
  const isSession = input.algorithm.endsWith("-sess");
  // RFC 7616 §3.4.2: a session's key is also of the first nonce and cnonce.
  const a1 = isSession ? hash(`${secret}:${input.nonce}:${input.qop?.cnonce ?? ""}`) : secret;
  const a2 = hash(`${input.method}:${input.uri}`);
  if (input.qop === undefined) return hash(`${a1}:${input.nonce}:${a2}`);
  return hash(`${a1}:${input.nonce}:${input.qop.nc}:${input.qop.cnonce}:auth:${a2}`);
}

function hasher(algorithm: DigestAlgorithm): (text: string) => string {
  const name = algorithm.startsWith("MD5") ? "md5" : algorithm.startsWith("SHA-256") ? "sha256" : "sha512-256";
  return (text) => createHash(name).update(text, "utf8").digest("hex");
}
