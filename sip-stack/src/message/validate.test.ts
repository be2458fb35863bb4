import { describe, expect, test } from "vitest";
import { makeResponse } from "./build.ts";
import { replace, withHeader, without } from "./edit.ts";
import type { SipRequest } from "./message.ts";
import { serialise } from "./serialise.ts";
import { judge, type Refusal, statelessTag, type UasPolicy, validateRequest, validateResponse } from "./validate.ts";

const POLICY: UasPolicy = {
  methods: ["INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "REGISTER", "INFO"],
  extensions: ["timer", "100rel"],
  contentTypes: ["application/sdp", "application/dtmf-relay"],
};

function request(method: string, ...headers: readonly [string, string][]): SipRequest {
  const all: [string, string][] = [
    ["Via", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1"],
    ["From", "<sip:a@a.com>;tag=1"],
    ["To", "<sip:b@b.com>"],
    ["Call-ID", "c@d"],
    ["CSeq", `1 ${method}`],
    ["Max-Forwards", "70"],
    ...headers,
  ];
  return {
    kind: "request",
    method,
    requestUri: "sip:b@b.com",
    headers: all.map(([name, value]) => ({ name, value })),
    body: new Uint8Array(0),
  };
}

const withBody = (message: SipRequest): SipRequest => ({ ...message, body: Buffer.from("x") });
const refusedBy = (message: SipRequest): Refusal | undefined => validateRequest(message, POLICY);

test("a request as it should be may go on", () => {
  for (const method of POLICY.methods) expect(refusedBy(request(method)), method).toBeUndefined();
});

describe("400: headers that routing and matching need (§8.1.1)", () => {
  for (const name of ["Via", "From", "To", "Call-ID", "CSeq"]) {
    test(`no ${name}`, () => expect(refusedBy(without(request("OPTIONS"), name))?.status).toBe(400));
  }
  for (const name of ["From", "To", "Call-ID", "CSeq", "Max-Forwards"]) {
    test(`two ${name} (RFC 4475 §3.3.8)`, () => {
      const doubled = request("OPTIONS");
      const value = doubled.headers.find((header) => header.name === name)?.value ?? "";
      expect(refusedBy(withHeader(doubled, name, value))?.status).toBe(400);
    });
  }
  test.each([
    ["From", '"x <sip:a@b>'],
    ["To", "<sip:a b@c>"],
    ["Via", "SIP/2.0/UDP a;branch=z9hG4bK"],
    ["Via", "SIP/2.0/UDP a;;"],
    ["Call-ID", "a b"],
    ["CSeq", "1 BYE"],
    ["CSeq", "2147483648 OPTIONS"],
    ["Max-Forwards", "300"],
    ["Max-Forwards", "-1"],
    ["Contact", "<sip:a"],
    ["Route", "sip:a?b=c"],
    ["Record-Route", "<>"],
  ])("%s: %s", (name, value) => {
    expect(refusedBy(replace(request("OPTIONS"), name, value))?.status).toBe(400);
  });

  test("more than 70 Via", () => {
    const vias = Array.from({ length: 71 }, (): [string, string] => ["Via", "SIP/2.0/UDP a;branch=z9hG4bKx"]);
    expect(refusedBy(request("OPTIONS", ...vias))?.status).toBe(400);
  });

  test("two Contact in an INVITE (§8.1.1.8), Contact * beside others in a REGISTER (§10.2.2)", () => {
    expect(refusedBy(request("INVITE", ["Contact", "<sip:a@a>"], ["Contact", "<sip:b@b>"]))?.status).toBe(400);
    expect(refusedBy(request("REGISTER", ["Contact", "*"], ["Contact", "<sip:b@b>"]))?.status).toBe(400);
    expect(refusedBy(request("REGISTER", ["Contact", "*"]))).toBeUndefined();
  });

  test("the reason says what was wrong", () => {
    expect(refusedBy(without(request("OPTIONS"), "To"))?.reason).toBe("Bad Request: To missing or unreadable");
  });
});

describe("what cannot be served (§8.2)", () => {
  test("an unknown method is 501, one that others serve 405, both with Allow (§8.2.1)", () => {
    const allow = [{ name: "Allow", value: "INVITE, ACK, CANCEL, BYE, OPTIONS, REGISTER, INFO" }];
    expect(refusedBy(request("FROBNICATE"))).toMatchObject({ status: 501, headers: allow });
    expect(refusedBy(request("SUBSCRIBE"))).toMatchObject({ status: 405, headers: allow });
    expect(refusedBy(request("invite"))).toMatchObject({ status: 501 });
  });

  test("another URI scheme is 416 (§8.2.2.1), tel is served", () => {
    expect(refusedBy({ ...request("OPTIONS"), requestUri: "urn:x:y" })?.status).toBe(416);
    expect(refusedBy({ ...request("OPTIONS"), requestUri: "tel:+12025550123" })).toBeUndefined();
  });

  test("a spent INVITE is 483, a spent OPTIONS is answered (§11, §16.3)", () => {
    expect(refusedBy(replace(request("INVITE"), "Max-Forwards", "0"))?.status).toBe(483);
    expect(refusedBy(replace(request("OPTIONS"), "Max-Forwards", "0"))).toBeUndefined();
  });

  test("unknown Require is 420 with those unknown, but not for CANCEL and ACK (§8.2.2.3)", () => {
    const required: [string, string] = ["Require", "timer, magic, more"];
    expect(refusedBy(request("INVITE", required))).toMatchObject({
      status: 420,
      headers: [{ name: "Unsupported", value: "magic, more" }],
    });
    expect(refusedBy(request("CANCEL", required))).toBeUndefined();
    expect(refusedBy(request("ACK", required))).toBeUndefined();
  });

  test("a body of another type or encoding is 415, unless it is optional (§8.2.3)", () => {
    const sdp: [string, string] = ["Content-Type", "Application/SDP ; charset=utf-8"];
    expect(refusedBy(withBody(request("INVITE", sdp)))).toBeUndefined();
    const odd = withBody(request("INVITE", ["Content-Type", "text/plain"]));
    expect(refusedBy(odd)).toMatchObject({
      status: 415,
      headers: [{ name: "Accept", value: POLICY.contentTypes.join(", ") }],
    });
    expect(refusedBy(withHeader(odd, "Content-Disposition", "render;handling=optional"))).toBeUndefined();
    expect(refusedBy(withBody(request("INVITE", sdp, ["Content-Encoding", "gzip"])))).toMatchObject({
      status: 415,
      headers: [{ name: "Accept-Encoding", value: "identity" }],
    });
    expect(refusedBy(withBody(request("INVITE")))?.status).toBe(400);
    expect(refusedBy(withBody(request("BYE", ["Content-Type", "text/plain"])))).toBeUndefined();
  });

  test("an INVITE that takes no SDP is 406 (RFC 4475 §3.3.15)", () => {
    expect(refusedBy(request("INVITE", ["Accept", "text/nobodyKnowsThis"]))?.status).toBe(406);
    expect(refusedBy(request("INVITE", ["Accept", "text/plain, application/sdp;level=1"]))).toBeUndefined();
    expect(refusedBy(request("INVITE", ["Accept", "*/*"]))).toBeUndefined();
  });
});

describe("judging a datagram", () => {
  test("a refusal is the same for each retransmission, its To tag too (§8.2.7)", () => {
    const bytes = serialise(request("FROBNICATE"));
    expect(judge(bytes, POLICY)).toEqual(judge(bytes, POLICY));
    const other = replace(request("FROBNICATE"), "Call-ID", "other");
    expect(statelessTag(other)).not.toBe(statelessTag(request("FROBNICATE")));
  });

  test("a bad ACK is dropped", () => {
    expect(judge(serialise(replace(request("ACK"), "CSeq", "1 INVITE")), POLICY).type).toBe("drop");
  });
});

test("a response with two Via, or none that can be read, is dropped (§8.1.3.3)", () => {
  const response = makeResponse(request("OPTIONS"), 200);
  expect(validateResponse(response)).toBeUndefined();
  expect(validateResponse(withHeader(response, "Via", "SIP/2.0/UDP b"))).toBeDefined();
  expect(validateResponse(replace(response, "Via", "nonsense"))).toBeDefined();
  expect(validateResponse(replace(response, "CSeq", "99999999999 OPTIONS"))).toBeDefined();
});
