/** Authorization and Proxy-Authorization (RFC 7616 §3.4). */
import { isHex } from "../message/chars.ts";
import { parseAuth, printAuth } from "./auth-params.ts";
import { algorithmOf, type DigestAlgorithm } from "./response.ts";

export interface DigestCredentials {
  readonly username: string;
  readonly realm: string;
  readonly nonce: string;
  readonly uri: string;
  /** Lower-case hexadecimal. */
  readonly response: string;
  readonly algorithm: DigestAlgorithm;
  readonly opaque: string | undefined;
  readonly qop: { readonly cnonce: string; readonly nc: string } | undefined;
}

/** undefined for another scheme, a missing part, an unknown algorithm, qop other than auth. */
export function parseCredentials(value: string): DigestCredentials | undefined {
  const auth = parseAuth(value);
  if (auth?.scheme !== "digest") return undefined;
  const { params } = auth;
  const algorithm = algorithmOf(params.get("algorithm"));
  const [username, realm, nonce] = [params.get("username"), params.get("realm"), params.get("nonce")];
  const [uri, response] = [params.get("uri"), params.get("response")];
  if (algorithm === undefined || username === undefined || realm === undefined) return undefined;
  if (nonce === undefined || uri === undefined || response === undefined) return undefined;
  const qop = readQop(params);
  if (qop === "unusable") return undefined;
  const opaque = params.get("opaque");
  return { username, realm, nonce, uri, response: response.toLowerCase(), algorithm, opaque, qop };
}

function readQop(params: ReadonlyMap<string, string>): DigestCredentials["qop"] | "unusable" {
  const qop = params.get("qop");
  if (qop === undefined) return undefined;
  const [cnonce, nc] = [params.get("cnonce"), params.get("nc")];
  if (qop.toLowerCase() !== "auth" || cnonce === undefined || nc === undefined) return "unusable";
  // RFC 7616 §3.4: exactly eight digits.
  return nc.length === 8 && isHex(nc) ? { cnonce, nc } : "unusable";
}

export function printCredentials(credentials: DigestCredentials): string {
  const params: [string, string][] = [
    ["username", credentials.username],
    ["realm", credentials.realm],
    ["nonce", credentials.nonce],
    ["uri", credentials.uri],
    ["response", credentials.response],
    ["algorithm", credentials.algorithm],
  ];
  if (credentials.opaque !== undefined) params.push(["opaque", credentials.opaque]);
  if (credentials.qop !== undefined) {
    params.push(["qop", "auth"], ["cnonce", credentials.qop.cnonce], ["nc", credentials.qop.nc]);
  }
  return printAuth(params, true);
}
