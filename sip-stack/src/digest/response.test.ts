import { expect, test } from "vitest";
import { algorithmOf, digestResponse } from "./response.ts";

const mufasa = {
  username: "Mufasa",
  password: "Circle of Life",
  realm: "http-auth@example.org",
  nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
  method: "GET",
  uri: "/dir/index.html",
  qop: { cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", nc: "00000001" },
};

test("the MD5 example of RFC 7616 §3.9.1 comes out", () => {
  expect(digestResponse({ ...mufasa, algorithm: "MD5" })).toBe("8ca523f5e9506fed4657c9700eebdbec");
});

test("the SHA-256 example of RFC 7616 §3.9.1 comes out", () => {
  const expected = "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1";
  expect(digestResponse({ ...mufasa, algorithm: "SHA-256" })).toBe(expected);
});

test("the example of RFC 2617 §3.5 comes out", () => {
  const response = digestResponse({
    ...mufasa,
    algorithm: "MD5",
    password: "Circle Of Life",
    realm: "testrealm@host.com",
    nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
    qop: { cnonce: "0a4f113b", nc: "00000001" },
  });
  expect(response).toBe("6629fae49393a05397450978507c4ef1");
});

test("a session algorithm differs from the plain one by nonce and cnonce (RFC 7616 §3.4.2)", () => {
  const plain = digestResponse({ ...mufasa, algorithm: "MD5" });
  const session = digestResponse({ ...mufasa, algorithm: "MD5-sess" });
  expect(session).toHaveLength(32);
  expect(session).not.toBe(plain);
});

test("algorithm names are read in any case, and absent means MD5 (RFC 7616 §3.3)", () => {
  expect(algorithmOf(undefined)).toBe("MD5");
  expect(algorithmOf("sha-256")).toBe("SHA-256");
  expect(algorithmOf("SHA-1")).toBeUndefined();
});
