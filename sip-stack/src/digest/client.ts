/** The user agent as digest client (RFC 3261 §22.2, §22.3): answers a challenge to a request of its own. */
import { type Random, randomHex } from "@voepy/base";
import { withHeader, without } from "../message/edit.ts";
import type { SipRequest, SipResponse } from "../message/message.ts";
import { strongestChallenge } from "./challenge.ts";
import { printCredentials } from "./credentials.ts";
import { digestResponse } from "./response.ts";

/** How often one request has been answered for. Plain data; starts as `noTries`. */
export interface DigestTries {
  readonly count: number;
}

export const noTries: DigestTries = { count: 0 };

/** Beyond it a peer that sends a new nonce each time would keep us busy for ever. */
const MAX_TRIES = 2;

export interface AnswerOptions {
  readonly credentials: { readonly username: string; readonly password: string };
  readonly tries: DigestTries;
  readonly random: Random;
}

/**
 * The request with Authorization or Proxy-Authorization; CSeq and branch are the caller's to renew (§22.2).
 * undefined: give up, because the credentials were refused, tried twice, or no challenge is one we can answer.
 */
export function answerChallenge(
  request: SipRequest,
  response: SipResponse,
  options: AnswerOptions,
): { readonly request: SipRequest; readonly tries: DigestTries } | undefined {
  const { credentials, tries, random } = options;
  const challenge = strongestChallenge(response);
  if (challenge === undefined || tries.count >= MAX_TRIES) return undefined;
  // §22.2: the same credentials are not sent again unless the server says that only the nonce was old.
  if (tries.count > 0 && !challenge.stale) return undefined;
  const { realm, nonce, algorithm, opaque } = challenge;
  // A session algorithm needs a cnonce, which only comes with qop.
  if (challenge.qop === "none" && algorithm.endsWith("-sess")) return undefined;
  const qop = challenge.qop === "none" ? undefined : { cnonce: randomHex(random, 16), nc: "00000001" };
  const shared = { algorithm, username: credentials.username, realm, nonce, uri: request.requestUri, qop };
  const digest = digestResponse({ ...shared, password: credentials.password, method: request.method });
  const name = response.status === 407 ? "Proxy-Authorization" : "Authorization";
  const value = printCredentials({ ...shared, response: digest, opaque });
  return { request: withHeader(without(request, name), name, value), tries: { count: tries.count + 1 } };
}
