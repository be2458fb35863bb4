import { describe, expect, test } from "vitest";
import { maskSecrets } from "./mask.ts";

const masked = (line: string): string => {
  const text = `INVITE sip:a@b SIP/2.0\r\n${line}\r\nContent-Length: 0\r\n\r\n`;
  const out = maskSecrets(text);
  expect(out).toHaveLength(text.length);
  expect(out.startsWith("INVITE sip:a@b SIP/2.0\r\n") && out.endsWith("\r\nContent-Length: 0\r\n\r\n")).toBe(true);
  return out.slice(24, -23);
};

describe("masking secrets", () => {
  test("of a digest shows who and where, not what a password could be guessed from (RFC 3261 §20.7)", () => {
    expect(
      masked('Authorization: Digest username="bob", realm="x", nonce="abc", uri="sip:x", response="0123", cnonce="9"'),
    ).toBe('Authorization: Digest username="bob", realm="x", nonce=*****, uri="sip:x", response=******, cnonce=***');
  });

  test.each([
    [
      'proxy-authorization : digest response=0123,username="b"',
      'proxy-authorization : digest response=****,username="b"',
    ],
    ["Authorization: Basic dXNlcjpwYXNz", "Authorization: Basic ************"],
    ["Authorization: secret", "Authorization: ******"],
    ["Authorization: Digest what=is this", "Authorization: Digest ******* ****"],
    ['Authentication-Info: rspauth="01", nextnonce="2"', "Authentication-Info: rspauth=****, nextnonce=***"],
    ['Authorization: Digest\r\n response="0123"\r\n\t, nc=1', "Authorization: Digest\r\n response=******\r\n\t, nc=1"],
    ["a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:a/b|2^20", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 ***************"],
    ["a=crypto:inline:ab", "a=crypto:*********"],
    ["k=base64:abcd", "k=***********"],
    ["a=ice-pwd:abcd", "a=ice-pwd:****"],
  ])("%j", (line, expected) => {
    expect(masked(line)).toBe(expected);
  });

  test.each([["WWW-Authenticate: Digest realm=x, nonce=y"], ["Contact: <sip:k=1@host>"], ["a=rtpmap:0 PCMU/8000"]])(
    "leaves %j as it is",
    (line) => {
      expect(masked(line)).toBe(line);
    },
  );

  test("is linear in the size of a hostile message", () => {
    const text = `Authorization: ${"\r\n ".repeat(5000)}${"username".repeat(5000)}${" =".repeat(5000)}`;
    expect(maskSecrets(text)).toHaveLength(text.length);
  });
});
