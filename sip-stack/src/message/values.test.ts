import { expect, test } from "vitest";
import type { Header, SipRequest } from "./message.ts";
import { expiresOf, maxForwardsOf, parseCSeq, q850Of, retryAfterOf, tokensOf } from "./values.ts";

const having = (...headers: Header[]): SipRequest => ({
  kind: "request",
  method: "BYE",
  requestUri: "sip:a",
  headers,
  body: new Uint8Array(0),
});
const one = (name: string, value: string): SipRequest => having({ name, value });

test("CSeq is a number below 2^31 and a method (§8.1.1.5)", () => {
  expect(parseCSeq("0009 INVITE")).toEqual({ number: 9, method: "INVITE" });
  expect(parseCSeq("2147483647\tBYE")).toEqual({ number: 2_147_483_647, method: "BYE" });
  for (const bad of ["2147483648 BYE", "36893488147419103232 BYE", "1", "BYE", "1 A B", "-1 BYE", "1.5 BYE", ""]) {
    expect(parseCSeq(bad), bad).toBeUndefined();
  }
});

test("numbers out of range read as absent (RFC 4475 §3.1.2.4, §3.1.2.5)", () => {
  expect(maxForwardsOf(one("Max-Forwards", "0068"))).toBe(68);
  expect(maxForwardsOf(one("Max-Forwards", "256"))).toBeUndefined();
  expect(expiresOf(one("Expires", "3600"))).toBe(3600);
  expect(expiresOf(one("Expires", "1000000000000000000000000"))).toBeUndefined();
  expect(retryAfterOf(one("Retry-After", "120 (in a meeting);duration=60"))).toBe(120);
  expect(retryAfterOf(one("Retry-After", "9999999999999999"))).toBeUndefined();
  expect(retryAfterOf(one("Retry-After", "soon"))).toBeUndefined();
});

test("the Q.850 cause is found among several reasons (RFC 3326 §2)", () => {
  const reasons = having(
    { name: "Reason", value: 'SIP;cause=200;text="x"' },
    { name: "Reason", value: "q.850 ; cause=17" },
  );
  expect(q850Of(reasons)).toBe(17);
  for (const bad of ["Q.850", "Q.850;cause=0", "Q.850;cause=200", "Q.850;cause=x", "SIP;cause=17"]) {
    expect(q850Of(one("Reason", bad)), bad).toBeUndefined();
  }
});

test("token lists are read over all lines of the name", () => {
  const message = having({ name: "Supported", value: "timer, 100rel ,," }, { name: "SUPPORTED", value: "path" });
  expect(tokensOf(message, "supported")).toEqual(["timer", "100rel", "path"]);
});
