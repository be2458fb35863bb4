/** Registrar and digest: a phone by hand against a user agent of ours (RFC 3261 §10.3, §22.4). */
import { seededRandom } from "@voepy/base";
import { expect, test } from "vitest";
import { answerChallenge, noTries } from "../src/digest/client.ts";
import { makeResponse } from "../src/message/build.ts";
import { headerOf, headersOf, type SipRequest, type SipResponse } from "../src/message/message.ts";
import type { UserAgentHooks } from "../src/ua/types.ts";
import { Net, Puppet } from "./net.ts";

const PHONE = "198.51.100.7";
const random = seededRandom(3);
const hooks: UserAgentHooks = {
  screen: () => ({ type: "challenge" }),
  password: (username) => ({ alice: "wonder", bob: "builder" })[username],
};

interface Register {
  contacts?: string[];
  expires?: number;
  user?: string;
  callId?: string;
  cseq: number;
  method?: string;
}

function registerOf({
  contacts = [],
  expires,
  user = "alice",
  callId = "reg1",
  cseq,
  method = "REGISTER",
}: Register): SipRequest {
  return {
    kind: "request",
    method,
    requestUri: "sip:voepy.local",
    headers: [
      { name: "Via", value: `SIP/2.0/UDP 10.0.0.7:5060;rport;branch=z9hG4bK${callId}${cseq}` },
      { name: "Max-Forwards", value: "70" },
      { name: "From", value: `<sip:${user}@voepy.local>;tag=p1` },
      { name: "To", value: `<sip:${user}@voepy.local>` },
      { name: "Call-ID", value: callId },
      { name: "CSeq", value: `${cseq} ${method}` },
      ...contacts.map((value) => ({ name: "Contact", value })),
      ...(expires === undefined ? [] : [{ name: "Expires", value: String(expires) }]),
    ],
    body: new Uint8Array(0),
  };
}

function world() {
  const net = new Net();
  const server = net.agent("192.0.2.1", { hooks });
  const phone = new Puppet(net, PHONE);
  const exchange = (request: SipRequest): SipResponse => {
    phone.send(request, server.here);
    net.run(100);
    return phone.responses().at(-1)!;
  };
  /** Twice, as phones do: plain, then with the answer to the challenge. */
  const register = (what: Register, credentials = { username: "alice", password: "wonder" }): SipResponse => {
    const request = registerOf(what);
    const challenge = exchange(request);
    const again = answerChallenge(request, challenge, { credentials, tries: noTries, random });
    if (again === undefined) throw new Error("no challenge");
    const headers = again.request.headers.map(({ name, value }) => {
      if (name === "Via") return { name, value: `${value}b` };
      return { name, value: name === "CSeq" ? `${what.cseq + 1} ${request.method}` : value };
    });
    return exchange({ ...again.request, headers });
  };
  return { net, server, phone, exchange, register };
}

const CONTACT = "<sip:alice@10.0.0.7:5060>";

test("RFC 3665 §2.1: a registration is challenged, then bound, with the way back through the NAT", () => {
  const { server, exchange, register } = world();
  const challenge = exchange(registerOf({ contacts: [CONTACT], cseq: 90 }));
  expect(challenge.status).toBe(401);
  expect(headerOf(challenge, "www-authenticate")).toMatch(/^Digest realm="voepy.local", nonce="[^"]+", algorithm=MD5/);
  expect(server.ua.counters()).toMatchObject({ transactions: 0, sessions: 0 });

  const response = register({ contacts: [CONTACT], expires: 600, cseq: 1 });
  expect(response.status).toBe(200);
  expect(headersOf(response, "contact")).toEqual(["<sip:alice@10.0.0.7:5060>;expires=600"]);
  expect(headerOf(response, "via")).toContain(`received=${PHONE};rport=5060`.split(";")[0]);
  expect(server.ua.bindings("alice")).toMatchObject([
    { contactUri: "sip:alice@10.0.0.7:5060", source: { transport: "udp", address: PHONE, port: 5060 } },
  ]);
  expect(server.of("bindings")).toHaveLength(1);
});

test("a binding runs out, and that is told", () => {
  const { net, server, register } = world();
  register({ contacts: [CONTACT], expires: 60, cseq: 1 });
  net.run(59_000);
  expect(server.ua.bindings("alice")).toHaveLength(1);
  net.run(1_500);
  expect(server.ua.bindings("alice")).toEqual([]);
  expect(server.of("bindings").at(-1)).toMatchObject({ username: "alice", bindings: [] });
});

test("several contacts of a user live side by side, each with its own expiry", () => {
  const { register } = world();
  register({ contacts: [CONTACT], expires: 600, cseq: 1 });
  const response = register({ contacts: ["<sip:alice@10.0.0.8>;expires=120"], callId: "reg2", cseq: 1 });
  expect(headersOf(response, "contact")).toEqual([
    "<sip:alice@10.0.0.7:5060>;expires=600",
    "<sip:alice@10.0.0.8>;expires=120",
  ]);
});

test("RFC 3665 §2.2 to §2.4: a refresh keeps one binding, a query lists without change, expires 0 removes", () => {
  const { register } = world();
  register({ contacts: [CONTACT], cseq: 1 });
  expect(headersOf(register({ contacts: [CONTACT], cseq: 3 }), "contact")).toHaveLength(1);
  expect(headersOf(register({ cseq: 5 }), "contact")).toHaveLength(1);
  expect(headersOf(register({ contacts: [`${CONTACT};expires=0`], cseq: 7 }), "contact")).toEqual([]);
});

test("Contact * with Expires 0 removes all; without it is 400 (§10.3 step 6)", () => {
  const { server, register } = world();
  register({ contacts: [CONTACT, "<sip:alice@10.0.0.8>"], cseq: 1 });
  expect(register({ contacts: ["*"], expires: 60, cseq: 3 }).status).toBe(400);
  expect(server.ua.bindings("alice")).toHaveLength(2);
  expect(register({ contacts: ["*"], expires: 0, cseq: 5 }).status).toBe(200);
  expect(server.ua.bindings("alice")).toEqual([]);
});

test("an interval below a minute is 423 with Min-Expires (§10.3 step 7)", () => {
  const { register } = world();
  const response = register({ contacts: [CONTACT], expires: 30, cseq: 1 });
  expect([response.status, headerOf(response, "min-expires")]).toEqual([423, "60"]);
});

test("an older CSeq of the same Call-ID changes nothing (§10.3 step 7)", () => {
  const { server, register } = world();
  register({ contacts: [CONTACT], cseq: 10 });
  expect(register({ contacts: [`${CONTACT};expires=0`], cseq: 4 }).status).toBe(500);
  expect(server.ua.bindings("alice")).toHaveLength(1);
});

test("RFC 3665 §2.5: wrong password and unknown user look the same", () => {
  const { register } = world();
  const wrong = register({ contacts: [CONTACT], cseq: 1 }, { username: "alice", password: "guess" });
  const nobody = register(
    { contacts: [CONTACT], user: "eve", cseq: 1, callId: "r2" },
    { username: "eve", password: "guess" },
  );
  expect([wrong.status, nobody.status]).toEqual([401, 401]);
  const shape = (response: SipResponse) => response.headers.map(({ name }) => name);
  expect(shape(wrong)).toEqual(shape(nobody));
});

test("a user cannot register or call as another: 403", () => {
  const { server, register } = world();
  const bob = { username: "bob", password: "builder" };
  expect(register({ contacts: [CONTACT], user: "alice", cseq: 1 }, bob).status).toBe(403);
  expect(register({ contacts: [CONTACT], user: "alice", cseq: 1, callId: "r3", method: "INVITE" }, bob).status).toBe(
    403,
  );
  expect(server.ua.bindings("alice")).toEqual([]);
  expect(server.of("invite")).toEqual([]);
});

test("credentials cannot be replayed", () => {
  const { server, phone, net, register } = world();
  register({ contacts: [CONTACT], cseq: 1 });
  const stolen = phone.requests("REGISTER");
  expect(stolen).toEqual([]);
  const captured = server.received.at(-1);
  if (captured?.kind !== "request") throw new Error("no REGISTER");
  const headers = captured.headers.map(({ name, value }) => {
    if (name === "Via") return { name, value: value.replace("z9hG4bK", "z9hG4bKx") };
    return { name, value: name === "CSeq" ? "77 REGISTER" : value };
  });
  phone.send({ ...captured, headers }, server.here);
  net.run(100);
  expect(phone.responses().at(-1)?.status).toBe(401);
});

test("ten wrong passwords lock the user out at that address, the right one included; later it works again", () => {
  const { net, register } = world();
  const wrong = { username: "alice", password: "guess" };
  for (let i = 0; i < 10; i++) register({ contacts: [CONTACT], cseq: 1, callId: `g${i}` }, wrong);
  expect(register({ contacts: [CONTACT], cseq: 1, callId: "right" }).status).toBe(401);
  net.run(60_000);
  expect(register({ contacts: [CONTACT], cseq: 1, callId: "later" }).status).toBe(200);
});

test("answers to nonces that we did not make lock nobody out, and tell nothing about the password", () => {
  const { exchange, register } = world();
  const forged = (i: number, password: string): SipResponse => {
    const request = registerOf({ contacts: [CONTACT], cseq: 1, callId: `f${i}` });
    const headers = [{ name: "WWW-Authenticate", value: 'Digest realm="voepy.local", nonce="made-up", qop="auth"' }];
    const credentials = { username: "alice", password };
    const answer = answerChallenge(request, makeResponse(request, 401, { headers }), {
      credentials,
      tries: noTries,
      random,
    });
    return exchange(answer!.request);
  };
  for (let i = 0; i < 40; i++) expect(headerOf(forged(i, "guess"), "www-authenticate")).not.toContain("stale=true");
  expect(headerOf(forged(50, "wonder"), "www-authenticate")).not.toContain("stale=true");
  expect(register({ contacts: [CONTACT], cseq: 1, callId: "right" }).status).toBe(200);
});

test("bindings of a closed connection are dropped", () => {
  const { server, register } = world();
  register({ contacts: [CONTACT], cseq: 1 });
  server.do((ua) => ua.flowClosed("tcp-1", 0));
  expect(server.ua.bindings("alice")).toHaveLength(1);
});

test("a user gets no more contacts than the limit", () => {
  const { register } = world();
  const contacts = Array.from({ length: 17 }, (_, i) => `<sip:alice@10.0.1.${i}>`);
  expect(register({ contacts, cseq: 1 }).status).toBe(403);
});
