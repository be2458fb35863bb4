/** WWW-Authenticate and Proxy-Authenticate (RFC 7616 §3.3, RFC 8760 §2). */
import { headersOf, type SipResponse } from "../message/message.ts";
import { parseAuth, printAuth } from "./auth-params.ts";
import { ALGORITHMS, algorithmOf, type DigestAlgorithm } from "./response.ts";

export interface Challenge {
  readonly realm: string;
  readonly nonce: string;
  readonly opaque: string | undefined;
  readonly algorithm: DigestAlgorithm;
  /** `none`: the challenge has no qop (RFC 2069). */
  readonly qop: "auth" | "none";
  /** The nonce was too old, the credentials were right. */
  readonly stale: boolean;
}

/** undefined for what we cannot answer: another scheme, an algorithm or quality we do not do. */
export function parseChallenge(value: string): Challenge | undefined {
  const auth = parseAuth(value);
  const algorithm = algorithmOf(auth?.params.get("algorithm"));
  const realm = auth?.params.get("realm");
  const nonce = auth?.params.get("nonce");
  if (auth?.scheme !== "digest" || algorithm === undefined || realm === undefined || nonce === undefined)
    return undefined;
  const qop = auth.params.get("qop");
  const options = qop?.split(",").map((each) => each.trim().toLowerCase());
  if (options !== undefined && !options.includes("auth")) return undefined;
  return {
    realm,
    nonce,
    opaque: auth.params.get("opaque"),
    algorithm,
    qop: options === undefined ? "none" : "auth",
    stale: auth.params.get("stale")?.toLowerCase() === "true",
  };
}

export function printChallenge(challenge: Challenge): string {
  const params: [string, string][] = [
    ["realm", challenge.realm],
    ["nonce", challenge.nonce],
  ];
  if (challenge.opaque !== undefined) params.push(["opaque", challenge.opaque]);
  if (challenge.stale) params.push(["stale", "true"]);
  params.push(["algorithm", challenge.algorithm]);
  if (challenge.qop === "auth") params.push(["qop", "auth"]);
  return printAuth(params, false);
}

/** The strongest challenge of a 401 or 407 that we can answer; of equals the first. */
export function strongestChallenge(response: SipResponse): Challenge | undefined {
  const name = response.status === 407 ? "proxy-authenticate" : "www-authenticate";
  let best: Challenge | undefined;
  for (const value of headersOf(response, name)) {
    const challenge = parseChallenge(value);
    if (challenge === undefined) continue;
    if (best === undefined || ALGORITHMS.indexOf(challenge.algorithm) > ALGORITHMS.indexOf(best.algorithm)) {
      best = challenge;
    }
  }
  return best;
}
