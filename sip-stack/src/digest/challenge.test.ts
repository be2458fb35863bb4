import { expect, test } from "vitest";
import type { Header, SipResponse } from "../message/message.ts";
import { parseChallenge, printChallenge, strongestChallenge } from "./challenge.ts";

const refusedWith = (status: number, headers: readonly Header[]): SipResponse => ({
  kind: "response",
  status,
  reason: "",
  headers,
  body: new Uint8Array(0),
});

test("a challenge survives printing and parsing", () => {
  const challenge = {
    realm: 'a "b"',
    nonce: "n=1,2",
    opaque: "o",
    algorithm: "SHA-256",
    qop: "auth",
    stale: true,
  } as const;
  expect(parseChallenge(printChallenge(challenge))).toEqual(challenge);
});

test("qop is chosen among those offered, and auth-int alone cannot be answered", () => {
  expect(parseChallenge('Digest realm="r",nonce="n",qop="auth-int, auth"')?.qop).toBe("auth");
  expect(parseChallenge('Digest realm="r", nonce="n", qop="auth-int"')).toBeUndefined();
  expect(parseChallenge('Digest realm="r", nonce="n"')?.qop).toBe("none");
});

test("other schemes, doubled parameters and unclosed quotes are no challenge", () => {
  for (const value of [
    "Basic realm=x",
    'Digest realm="r", realm="s", nonce="n"',
    'Digest realm="r, nonce=n',
    "Digest",
    "",
  ]) {
    expect(parseChallenge(value), value).toBeUndefined();
  }
});

test("the strongest challenge is answered, whatever the order (RFC 8760 §2.4)", () => {
  const weak = { name: "WWW-Authenticate", value: 'Digest realm="r", nonce="md5", algorithm=MD5' };
  const strong = { name: "www-authenticate", value: 'Digest realm="r", nonce="sha", algorithm=SHA-256' };
  expect(strongestChallenge(refusedWith(401, [weak, strong]))?.nonce).toBe("sha");
  expect(strongestChallenge(refusedWith(401, [strong, weak]))?.nonce).toBe("sha");
  expect(strongestChallenge(refusedWith(407, [strong, weak]))).toBeUndefined();
});
