import { seededRandom } from "@voepy/base";
import { describe, expect, test } from "vitest";
import { makeResponse } from "../message/build.ts";
import { replace } from "../message/edit.ts";
import type { Header, SipRequest } from "../message/message.ts";
import { answerChallenge, noTries } from "./client.ts";
import { DigestServer } from "./server.ts";

const source = { address: "192.0.2.7" };
const passwords = (username: string): string | undefined => (username === "alice" ? "secret" : undefined);
const alice = { username: "alice", password: "secret" };

const request: SipRequest = {
  kind: "request",
  method: "REGISTER",
  requestUri: "sip:voepy.local",
  headers: [{ name: "Via", value: "SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK1" }],
  body: new Uint8Array(0),
};

const makeServer = (more: { algorithms?: readonly ("MD5" | "SHA-256")[]; capacity?: number } = {}): DigestServer =>
  new DigestServer({ realm: "voepy.local", secret: Buffer.alloc(32, 7), random: seededRandom(1), ...more });

/** What the client of `credentials` sends after these challenges. */
function answered(challenges: readonly Header[], credentials = alice): SipRequest {
  const response = makeResponse(request, 401, { headers: challenges });
  const answer = answerChallenge(request, response, { credentials, tries: noTries, random: seededRandom(2) });
  if (answer === undefined) throw new Error("no answer");
  return answer.request;
}

describe("digest between our client and our server", () => {
  for (const algorithm of ["MD5", "SHA-256"] as const) {
    test(`${algorithm}: the right password is let in`, () => {
      const server = makeServer({ algorithms: [algorithm] });
      const sent = answered(server.challenges(source, 0, false));
      expect(server.verify(sent, source, 10, passwords)).toEqual({ type: "ok", username: "alice" });
    });
  }

  test("no credentials, credentials of another scheme or realm: a plain challenge (RFC 4475 §3.3.7)", () => {
    const server = makeServer();
    expect(server.verify(request, source, 0, passwords)).toEqual({ type: "challenge", stale: false, why: "none" });
    const odd = replace(request, "Authorization", "NoOneKnowsThisScheme opaque-data=here");
    expect(server.verify(odd, source, 0, passwords)).toMatchObject({ why: "none" });
  });

  test("an unknown user and a wrong password are told apart by nothing", () => {
    const server = makeServer();
    const challenges = server.challenges(source, 0, false);
    const wrong = server.verify(answered(challenges, { username: "alice", password: "no" }), source, 1, passwords);
    const unknown = server.verify(answered(challenges, { username: "mallory", password: "no" }), source, 1, passwords);
    expect(wrong).toEqual(unknown);
    expect(wrong).toEqual({ type: "challenge", stale: false, why: "wrong" });
  });

  test("the same credentials twice are a replay (RFC 7616 §5.5)", () => {
    const server = makeServer();
    const sent = answered(server.challenges(source, 0, false));
    server.verify(sent, source, 1, passwords);
    expect(server.verify(sent, source, 2, passwords)).toEqual({ type: "challenge", stale: true, why: "replayed" });
  });

  test("after 120 s the nonce is stale, and only who knew the password hears so (RFC 7616 §3.3)", () => {
    const server = makeServer();
    const challenges = server.challenges(source, 0, false);
    expect(server.verify(answered(challenges), source, 120_000, passwords)).toMatchObject({
      stale: true,
      why: "stale",
    });
    const wrong = answered(challenges, { username: "alice", password: "no" });
    expect(server.verify(wrong, source, 120_000, passwords)).toMatchObject({ stale: false });
  });

  test("a nonce serves only the address it was made for", () => {
    const server = makeServer();
    const sent = answered(server.challenges(source, 0, false));
    const right = server.verify(sent, { address: "203.0.113.9" }, 1, passwords);
    expect(right).toEqual({ type: "challenge", stale: false, why: "foreign" });
    // Right or wrong, it sounds the same: nobody may try passwords by nonces of his own making.
    const guess = answered(server.challenges(source, 0, false), { username: "alice", password: "no" });
    expect(server.verify(guess, { address: "203.0.113.9" }, 1, passwords)).toEqual(right);
  });

  test("a nonce forgotten for want of room is stale, not new", () => {
    const server = makeServer({ capacity: 1 });
    const first = answered(server.challenges(source, 0, false));
    server.verify(first, source, 1, passwords);
    server.verify(answered(server.challenges(source, 5, false)), source, 6, passwords);
    expect(server.verify(first, source, 7, passwords)).toMatchObject({ type: "challenge", why: "stale" });
  });
});

describe("the client's tries", () => {
  const challenge = (stale: boolean): Header => ({
    name: "WWW-Authenticate",
    value: `Digest realm="r", nonce="n"${stale ? ", stale=true" : ""}, qop="auth"`,
  });
  const answer = (tries: { count: number }, stale: boolean): ReturnType<typeof answerChallenge> =>
    answerChallenge(request, makeResponse(request, 401, { headers: [challenge(stale)] }), {
      credentials: alice,
      tries,
      random: seededRandom(3),
    });

  test("a second try is made only when the nonce was stale, a third never", () => {
    const first = answer(noTries, false);
    expect(first?.tries).toEqual({ count: 1 });
    expect(answer({ count: 1 }, false)).toBeUndefined();
    expect(answer({ count: 1 }, true)?.tries).toEqual({ count: 2 });
    expect(answer({ count: 2 }, true)).toBeUndefined();
  });

  test("a 407 is answered with Proxy-Authorization, the old one replaced", () => {
    const old = replace(request, "Proxy-Authorization", "Digest old=1");
    const refused = makeResponse(old, 407, {
      headers: [{ name: "Proxy-Authenticate", value: 'Digest realm="p", nonce="n"' }],
    });
    const sent = answerChallenge(old, refused, {
      credentials: alice,
      tries: noTries,
      random: seededRandom(4),
    })?.request;
    const values = sent?.headers
      .filter((header) => header.name === "Proxy-Authorization")
      .map((header) => header.value);
    expect(values).toHaveLength(1);
    expect(values?.[0]).toContain('uri="sip:voepy.local"');
    expect(values?.[0]).not.toContain("qop");
  });
});
