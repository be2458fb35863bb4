/** OPTIONS and REGISTER of ours outside of any call, two agents in virtual time (RFC 3261 §10.2, §11). */
import { describe, expect, test } from "vitest";
import { headerOf } from "../src/message/message.ts";
import type { OutgoingRegister, SipEvent, UserAgentHooks } from "../src/ua/types.ts";
import { type Agent, Net } from "./net.ts";

const CARRIER = "198.51.100.7";
const challenging: UserAgentHooks = {
  screen: ({ method }) => (method === "REGISTER" ? { type: "challenge" } : { type: "trust", label: "any" }),
  password: (username) => (username === "acct" ? "secret" : undefined),
};

function rig(loss = 0, seed = 1): { net: Net; us: Agent; carrier: Agent } {
  const net = new Net({ loss, seed });
  return { net, us: net.agent("10.0.0.1"), carrier: net.agent(CARRIER, { hooks: challenging }) };
}

const target = { transport: "udp", host: CARRIER, port: 5060 } as const;
const ping = { type: "ping", target, requestUri: `sip:${CARRIER}:5060`, fromUri: "sip:voepy@10.0.0.1" } as const;

function register(agent: Agent, more: Partial<OutgoingRegister> = {}): void {
  const wanted = {
    type: "register",
    target,
    registrarUri: `sip:${CARRIER}`,
    aor: `sip:acct@${CARRIER}`,
    contactUser: "acct",
    expiresS: 3600,
    callId: "one",
    cseq: 1,
    credentials: { username: "acct", password: "secret" },
    ...more,
  } as const;
  agent.do((ua, nowMs) => ua.exchange(wanted, nowMs));
}

const last = <T extends SipEvent["type"]>(agent: Agent, type: T): (SipEvent & { type: T }) | undefined =>
  agent.of(type).at(-1);

describe("OPTIONS of ours", () => {
  test("is answered, with the time it took", () => {
    const { net, us } = rig();
    const id = us.do((ua, nowMs) => ua.exchange(ping, nowMs));
    net.run(1000);
    expect(last(us, "pinged")).toMatchObject({ ping: id, cause: "response", status: 200, address: CARRIER });
    expect(last(us, "pinged")?.roundTripMs).toBe(20);
    net.run(60_000);
    expect(us.ua.counters()).toMatchObject({ exchanges: 0, transactions: 0 });
  });

  test("to a silent peer ends after its own time, and leaves nothing behind", () => {
    const { net, us } = rig();
    const silent = { ...ping, target: { ...target, host: "198.51.100.99" }, timeoutMs: 3000 };
    us.do((ua, nowMs) => ua.exchange(silent, nowMs));
    net.run(2999);
    expect(last(us, "pinged")).toBeUndefined();
    net.run(1);
    expect(last(us, "pinged")).toMatchObject({ cause: "timeout", status: undefined });
    expect(us.ua.counters()).toMatchObject({ exchanges: 0, transactions: 0, deadlines: 0 });
  });

  test("that cannot be sent is told as such", () => {
    const { net, us } = rig();
    us.unreachable.add(CARRIER);
    us.do((ua, nowMs) => ua.exchange(ping, nowMs));
    net.run(10);
    expect(last(us, "pinged")).toMatchObject({ cause: "transport", address: CARRIER });
  });
});

describe("REGISTER of ours", () => {
  test("answers the challenge once, with the next CSeq (§22.2), and says what was granted", () => {
    const { net, us, carrier } = rig();
    register(us);
    net.run(1000);
    expect(last(us, "registered")).toMatchObject({ cause: "response", status: 200, expiresS: 3600, cseq: 2 });
    const requests = us.sentRequests("REGISTER");
    expect(requests.map((request) => headerOf(request, "cseq"))).toEqual(["1 REGISTER", "2 REGISTER"]);
    expect(new Set(requests.map((request) => headerOf(request, "call-id")))).toEqual(new Set(["one"]));
    expect(carrier.ua.bindings("acct")).toMatchObject([{ contactUri: "sip:acct@10.0.0.1:5060" }]);
  });

  test("is refreshed by the same Call-ID counting up, and taken back by an expiry of 0 (§10.2.2, §10.2.4)", () => {
    const { net, us, carrier } = rig();
    let cseq = 1;
    for (const expiresS of [3600, 3600, 0]) {
      register(us, { cseq, expiresS });
      net.run(1000);
      expect(last(us, "registered")?.status).toBe(200);
      cseq = (last(us, "registered")?.cseq ?? 0) + 1;
    }
    expect(carrier.ua.bindings("acct")).toEqual([]);
  });

  test("with a wrong password is not tried a third time", () => {
    const { net, us } = rig();
    register(us, { credentials: { username: "acct", password: "wrong" } });
    net.run(5000);
    expect(last(us, "registered")).toMatchObject({ cause: "response", status: 401 });
    expect(us.sentRequests("REGISTER")).toHaveLength(2);
  });

  test("too short is told with what the registrar wants at least (§10.2.8)", () => {
    const { net, us } = rig();
    register(us, { expiresS: 5 });
    net.run(1000);
    expect(last(us, "registered")).toMatchObject({ status: 423, minExpiresS: 60, expiresS: undefined });
  });

  test.each([1, 2, 3, 4, 5])("gets through a network that loses one packet in five (seed %i)", (seed) => {
    const { net, us } = rig(0.2, seed);
    register(us, { timeoutMs: 32_000 });
    net.run(40_000);
    expect(last(us, "registered")).toMatchObject({ status: 200 });
  });
});

test("a trunk's credentials let in calls of anybody as that peer, but no REGISTER", () => {
  const net = new Net();
  const us = net.agent("10.0.0.1");
  const server = net.agent(CARRIER, {
    hooks: {
      screen: () => ({ type: "challenge" }),
      password: (username) => (username === "pbx" ? "secret" : undefined),
      peerOf: (username) => (username === "pbx" ? "route-1" : undefined),
    },
  });
  const credentials = { username: "pbx", password: "secret" };
  us.call(CARRIER, { from: { uri: "sip:+15550001111@pbx.example", displayName: "" }, credentials });
  net.run(1000);
  expect(last(server, "invite")?.identity).toEqual({ type: "peer", label: "route-1" });
  register(us, { aor: `sip:pbx@${CARRIER}`, credentials });
  net.run(1000);
  expect(last(us, "registered")).toMatchObject({ status: 403 });
});
