/**
 * The user agent as digest server (RFC 3261 §22.2): challenges of a 401, and what credentials are worth. An unknown
 * user and a wrong password take the same path and time.
 */
import { timingSafeEqual } from "node:crypto";
import { type Random, randomHex } from "@voepy/base";
import { type Header, headersOf, type SipRequest } from "../message/message.ts";
import { printChallenge } from "./challenge.ts";
import { type DigestCredentials, parseCredentials } from "./credentials.ts";
import { Nonces } from "./nonce.ts";
import { type DigestAlgorithm, digestResponse } from "./response.ts";

export interface DigestServerOptions {
  readonly realm: string;
  /** Signs nonces; at least 16 random bytes. */
  readonly secret: Uint8Array;
  readonly random: Random;
  /** Offered, strongest first. Default MD5, which every phone knows. */
  readonly algorithms?: readonly DigestAlgorithm[] | undefined;
  /** Default 120 000. */
  readonly staleMs?: number | undefined;
  /** Nonces in use at once. Default 100 000. */
  readonly capacity?: number | undefined;
}

export type DigestVerdict =
  | { readonly type: "ok"; readonly username: string }
  /** To be answered 401 with `challenges(…, stale)`; stale: the password was right, only the nonce is used up. */
  | {
      readonly type: "challenge";
      readonly stale: boolean;
      /** For counting and throttling, never for the peer. */
      readonly why: DigestFault;
    };

/** `foreign`: by a nonce that is not of our making, or was made for another address. */
export type DigestFault = "none" | "foreign" | "stale" | "replayed" | "wrong";

/** Whose nonce: the port may change behind a NAT, the address not. */
interface Source {
  readonly address: string;
}

export class DigestServer {
  readonly #realm: string;
  readonly #algorithms: readonly DigestAlgorithm[];
  readonly #nonces: Nonces;
  /** Stands in for the password of a user that does not exist. */
  readonly #decoy: string;

  constructor(options: DigestServerOptions) {
    const { realm, secret, random, algorithms = ["MD5"], staleMs = 120_000, capacity = 100_000 } = options;
    this.#realm = realm;
    this.#algorithms = algorithms;
    this.#nonces = new Nonces({ secret, random, staleMs, capacity });
    this.#decoy = randomHex(random, 16);
  }

  /** WWW-Authenticate headers of a 401, one an algorithm, in order of preference (RFC 8760 §2.3). */
  challenges(source: Source, nowMs: number, stale: boolean): Header[] {
    const nonce = this.#nonces.make(source.address, nowMs);
    return this.#algorithms.map((algorithm) => ({
      name: "WWW-Authenticate",
      value: printChallenge({ realm: this.#realm, nonce, opaque: undefined, algorithm, qop: "auth", stale }),
    }));
  }

  /** Reads Authorization. Whether the user may do what it asks (its From, its To) is the caller's to check. */
  verify(
    request: SipRequest,
    source: Source,
    nowMs: number,
    password: (username: string) => string | undefined,
  ): DigestVerdict {
    const credentials = this.#credentialsOf(request);
    if (credentials === undefined) return again("none");
    const isRight = this.#isRight(request.method, credentials, password(credentials.username));
    const nonceState = this.#nonces.state(credentials.nonce, source.address, nowMs);
    // Before the password counts: who makes up nonces must neither lock another out, by a forged source address, nor
    // learn from `stale` that a guess was right.
    if (nonceState === "foreign") return again("foreign");
    if (!isRight) return again("wrong");
    if (nonceState !== "fresh") return again("stale");
    // Without qop there is no count: the nonce serves once.
    const count = credentials.qop === undefined ? 1 : Number.parseInt(credentials.qop.nc, 16);
    if (!this.#nonces.use(credentials.nonce, count, nowMs)) return again("replayed");
    return { type: "ok", username: credentials.username };
  }

  /** Ours among several (§22.3: one for each realm). */
  #credentialsOf(request: SipRequest): DigestCredentials | undefined {
    for (const value of headersOf(request, "authorization")) {
      const credentials = parseCredentials(value);
      if (credentials?.realm === this.#realm && this.#algorithms.includes(credentials.algorithm)) return credentials;
    }
    return undefined;
  }

  /**
   * Deviation: `uri` is hashed as given and not compared with the Request-URI, which proxies on the way rewrite;
   * what that would guard against, the nonce count does.
   */
  #isRight(method: string, credentials: DigestCredentials, password: string | undefined): boolean {
    const { algorithm, username, realm, nonce, uri, qop } = credentials;
    const known = password !== undefined;
    const expected = Buffer.from(
      digestResponse({ algorithm, username, password: password ?? this.#decoy, realm, nonce, method, uri, qop }),
    );
    const given = Buffer.from(credentials.response);
    const isEqual = given.length === expected.length && timingSafeEqual(given, expected);
    return isEqual && known;
  }
}

function again(why: DigestFault): DigestVerdict {
  return { type: "challenge", stale: why === "stale" || why === "replayed", why };
}
