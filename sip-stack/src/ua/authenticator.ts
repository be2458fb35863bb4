/** Who sent a request, by digest: what `hooks.password` knows, in the form admission asks for (RFC 3261 §22.4). */
import { DigestServer } from "../digest/server.ts";
import type { SipRequest } from "../message/message.ts";
import type { Reply } from "./core.ts";
import type { UserAgentOptions } from "./effects.ts";
import type { Hop } from "./hop.ts";

export type Proof =
  | { readonly type: "proved"; readonly username: string }
  | { readonly type: "unproved"; readonly why: string; readonly refusal: { status: number } & Reply };

export class Authenticator {
  readonly #digest: DigestServer;
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
    const verdict = this.#digest.verify(request, source, nowMs, this.#password);
    if (verdict.type === "ok") return { type: "proved", username: verdict.username };
    const headers = this.#digest.challenges(source, nowMs, verdict.stale);
    return { type: "unproved", why: verdict.why, refusal: { status: 401, headers } };
  }
}
