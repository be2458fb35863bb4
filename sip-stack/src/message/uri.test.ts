import { describe, expect, test } from "vitest";
import { escapeUser, parseUri, printUri, sameUri, unescapeUser } from "./uri.ts";

const same = (a: string, b: string): boolean => {
  const [left, right] = [parseUri(a), parseUri(b)];
  if (left === undefined || right === undefined) throw new Error(`${a} or ${b} is no URI`);
  return sameUri(left, right);
};

test("the parts of a SIP URI are told apart (§19.1.1)", () => {
  expect(parseUri("sip:alice;day=tue:secret@Example.COM:5070;transport=tcp;lr?subject=x&to=y")).toEqual({
    kind: "sip",
    scheme: "sip",
    user: "alice;day=tue:secret",
    host: "example.com",
    port: 5070,
    params: [
      { name: "transport", value: "tcp" },
      { name: "lr", value: undefined },
    ],
    headers: "subject=x&to=y",
  });
});

test("what was parsed is printed alike", () => {
  for (const text of [
    "sip:example.com",
    "sips:bob@[2001:db8::1]:5061;maddr=[::1]",
    "sip:%00@example.com",
    "sip:*21#@example.com",
    "tel:+12025550123;phone-context=+1",
    "urn:service:sos",
  ]) {
    const uri = parseUri(text);
    expect(uri && printUri(uri), text).toBe(text);
  }
});

test.each([
  "",
  "sip:",
  "sip",
  ":a",
  "sip:@example.com",
  "sip:a b@example.com",
  "sip:2001:db8::10",
  "sip:a@[2001:db8:::192.0.2.1]",
  "sip:a@[1:2:3:4:5:6:7:8:9]",
  "sip:a@[::1",
  "sip:a@host:99999",
  "sip:a@host:",
  "sip:a@host:5060x",
  "sip:a@host;",
  "sip:a@ho/st",
  'sip:a"@host',
  "sip:a@host\\",
  "tel:+",
  "tel:hello",
  "9x:y",
])("%j is no URI", (text) => {
  expect(parseUri(text)).toBeUndefined();
});

describe("comparison by RFC 3261 §19.1.4", () => {
  test.each([
    ["sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"],
    ["sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"],
    ["sip:carol@chicago.com;security=on", "sip:carol@chicago.com;newparam=5"],
    [
      "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
      "sip:alice@atlanta.com?priority=urgent&subject=project%20x",
    ],
    ["tel:+1-202-555-0123", "tel:+12025550123"],
  ])("%s is %s", (a, b) => {
    expect(same(a, b)).toBe(true);
    expect(same(b, a)).toBe(true);
  });

  test.each([
    ["sip:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"],
    ["sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"],
    ["sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"],
    ["sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"],
    ["sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"],
    ["sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"],
    ["sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"],
    ["sip:null-%00-null@example.com", "sip:null-%00%00-null@example.com"],
    ["sip:a@example.com", "sips:a@example.com"],
    ["sip:example.com", "sip:x@example.com"],
  ])("%s is not %s", (a, b) => {
    expect(same(a, b)).toBe(false);
    expect(same(b, a)).toBe(false);
  });
});

test("user parts are escaped and come back (§19.1.2)", () => {
  for (const text of ["alice", "a b@c", "grün#1", "50%", "+1202", "\u0000"]) {
    const escaped = escapeUser(text);
    expect(parseUri(`sip:${escaped}@h`)?.kind, text).toBe("sip");
    expect(unescapeUser(escaped)).toBe(text);
  }
  expect(unescapeUser("100%zz%4")).toBe("100%zz%4");
});
