/** The client's half of digest authentication (RFC 2617 §3.2.2, RFC 7616), written apart from the stack's own. */
import { createHash } from "node:crypto";

export interface DigestRequest {
  readonly method: string;
  readonly uri: string;
  readonly username: string;
  readonly password: string;
  readonly cnonce: string;
}

/** Value of the Authorization header for a challenge; undefined for one it cannot answer. */
export function digestAnswer(challenge: string, request: DigestRequest): string | undefined {
  if (!/^digest\s/i.test(challenge)) return undefined;
  const fields = new Map<string, string>();
  for (const [, name, quoted, bare] of challenge.matchAll(/([a-z]+)\s*=\s*(?:"([^"]*)"|([^\s,]+))/gi)) {
    fields.set(name!.toLowerCase(), quoted ?? bare ?? "");
  }
  const [realm, nonce] = [fields.get("realm"), fields.get("nonce")];
  const algorithm = fields.get("algorithm") ?? "MD5";
  const hashName = { MD5: "md5", "SHA-256": "sha256" }[algorithm.toUpperCase()];
  if (realm === undefined || nonce === undefined || hashName === undefined) return undefined;
  const hash = (text: string): string => createHash(hashName).update(text).digest("hex");
  const secret = hash(`${request.username}:${realm}:${request.password}`);
  const what = hash(`${request.method}:${request.uri}`);
  const hasAuth = (fields.get("qop") ?? "").split(",").some((qop) => qop.trim() === "auth");
  const middle = hasAuth ? `00000001:${request.cnonce}:auth:` : "";
  const parts = [
    `username="${request.username}"`,
    `realm="${realm}"`,
    `nonce="${nonce}"`,
    `uri="${request.uri}"`,
    `response="${hash(`${secret}:${nonce}:${middle}${what}`)}"`,
    `algorithm=${algorithm}`,
  ];
  if (hasAuth) parts.push("qop=auth", "nc=00000001", `cnonce="${request.cnonce}"`);
  if (fields.has("opaque")) parts.push(`opaque="${fields.get("opaque")}"`);
  return `Digest ${parts.join(", ")}`;
}
