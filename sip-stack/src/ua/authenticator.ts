/** Who sent a request, by digest: what `hooks.password` knows, in the form admission asks for (RFC 3261 §22.4). */
import { parseCredentials } from "../digest/credentials.ts";
import { DigestServer } from "../digest/server.ts";
import { headerOf, type SipRequest } from "../message/message.ts";
import type { Reply } from "./core.ts";
import type { UserAgentOptions } from "./effects.ts";
import type { Hop } from "./hop.ts";
import { Lockout } from "./lockout.ts";

export type Proof =
  | { readonly type: "proved"; readonly username: string }
  | { readonly type: "unproved"; readonly why: string; readonly refusal: { status: number } & Reply };

/** Looks like a wrong password. */
const LOCKED = { type: "challenge", stale: false, why: "wrong" } as const;

export class Authenticator {
  readonly #digest: DigestServer;
  readonly #lockout = new Lockout();
  readonly #password: (username: string) => string | undefined;

  constructor(options: UserAgentOptions) {
    this.#digest = new DigestServer({
      realm: options.domain,
      // Made anew with every start: nonces of before read as unknown and are asked for again.
      secret: options.random.fill(new Uint8Array(32)),
      random: options.random,
      algorithms: options.digestAlgorithms,
    });
    this.#password = (username) => options.hooks.password(username);
  }

  check(request: SipRequest, source: Hop, nowMs: number): Proof {
    const username = claimedUser(request);
    const isLocked = this.#lockout.isLocked(source.address, username, nowMs);
    const found = this.#digest.verify(request, source, nowMs, this.#password);
    // A made-up nonce counts for nothing, locked or not: its source address may be forged.
    const isForeign = found.type === "challenge" && found.why === "foreign";
    const verdict = isLocked && !isForeign ? LOCKED : found;
    if (verdict.type === "ok") return { type: "proved", username: verdict.username };
    if (verdict.why === "wrong") this.#lockout.failed(source.address, username, nowMs);
    const headers = this.#digest.challenges(source, nowMs, verdict.stale);
    return { type: "unproved", why: verdict.why, refusal: { status: 401, headers } };
  }
}

/** Whom the credentials name, "" when there are none that can be read. */
function claimedUser(request: SipRequest): string {
  return parseCredentials(headerOf(request, "authorization") ?? "")?.username ?? "";
}
