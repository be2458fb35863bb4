/** One call among several servers of its target (RFC 3263 §4.3), in virtual time. */
import { expect, test } from "vitest";
import { makeResponse, textBody } from "../src/message/build.ts";
import { headerOf, type SipMessage, type SipRequest } from "../src/message/message.ts";
import { branchOf, parseVia } from "../src/message/via.ts";
import type { Effect } from "../src/ua/effects.ts";
import type { Hop } from "../src/ua/hop.ts";
import type { OutgoingInvite, SipAddress } from "../src/ua/types.ts";
import { type Agent, Net, Puppet, SDP } from "./net.ts";

const hop = (address: string, more: Partial<Hop> = {}): Hop => ({ transport: "udp", address, port: 5060, ...more });

/** Calls a name that leads to those servers; takes up what the user agent asks of its driver. */
function callAmong(
  ann: Agent,
  hops: readonly Hop[],
  more: Partial<OutgoingInvite> = {},
): { session: string; asked: Effect[] } {
  const asked: Effect[] = [];
  const request: OutgoingInvite = {
    target: { host: "carrier.test" },
    requestUri: "sip:bob@carrier.test",
    from: { uri: "sip:alice@voepy.local", displayName: "" },
    to: { uri: "sip:bob@carrier.test", displayName: "" },
    sdp: SDP,
    headers: [],
    ...more,
  };
  const session = ann.do((ua, nowMs) => {
    const id = ua.invite(request, nowMs);
    asked.push(...ua.drain());
    ua.located(id, hops, nowMs);
    return id;
  });
  return { session, asked };
}

/** Answers INVITEs with that status, and nothing else. */
function refuser(net: Net, address: string, status: number): Puppet {
  return new Puppet(net, address, (message, puppet, from) => {
    if (message.kind === "request" && message.method === "INVITE") {
      puppet.send(makeResponse(message, status, { toTag: "t" }), from);
    }
  });
}

const branchIn = (message: SipMessage): string => branchOf(parseVia(headerOf(message, "via")!)!)!;

function answeringAgent(net: Net, address: string): Agent {
  const bob = net.agent(address);
  bob.on = (event) => {
    if (event.type === "invite") bob.do((ua, nowMs) => ua.accept(event.session, { sdp: SDP }, nowMs));
  };
  return bob;
}

test("what is left out of a target is asked for, with its size; what is fixed is not", () => {
  const ann = new Net().agent("10.0.0.1");
  const { asked } = callAmong(ann, []);
  expect(asked).toEqual([
    {
      type: "locate",
      id: expect.any(String),
      target: {
        host: "carrier.test",
        port: undefined,
        transport: undefined,
        isSecure: false,
        sizeBytes: expect.any(Number),
      },
    },
  ]);
  const sips = callAmong(ann, [], { requestUri: "sips:bob@carrier.test", target: { host: "[2001:db8::1]", port: 5 } });
  expect(sips.asked[0]).toMatchObject({ target: { host: "2001:db8::1", port: 5, isSecure: true } });
  expect(callAmong(ann, [], { target: { transport: "udp", host: "10.0.0.9", port: 5060 } }).asked).toMatchObject([
    { type: "send" },
  ]);
});

test("no server at all fails the call as a transport error (RFC 3261 §8.1.3.1)", () => {
  const ann = new Net().agent("10.0.0.1");
  const { session } = callAmong(ann, []);
  expect(ann.of("failed")).toMatchObject([{ session, cause: "transport", status: 503 }]);
});

test("a transport error leads to the next server at once, by a new transaction of the same call (§4.3)", () => {
  const net = new Net();
  const ann = net.agent("10.0.0.1");
  answeringAgent(net, "10.0.0.3");
  ann.unreachable.add("10.0.0.2");
  callAmong(ann, [hop("10.0.0.2"), hop("10.0.0.3")]);
  net.run(100);
  expect(ann.of("answered")).toHaveLength(1);
  const [first, second] = ann.sentRequests("INVITE") as [SipRequest, SipRequest];
  expect(branchIn(second)).not.toBe(branchIn(first));
  expect(headerOf(second, "call-id")).toBe(headerOf(first, "call-id"));
  expect([first, second].map((invite) => headerOf(invite, "cseq"))).toEqual(["1 INVITE", "2 INVITE"]);
  expect(headerOf(ann.sentRequests("ACK")[0]!, "cseq")).toBe("2 ACK");
});

test("503 leads to the next, with Retry-After as the time to avoid the first; the last 503 is the answer", () => {
  const net = new Net();
  const ann = net.agent("10.0.0.1");
  const avoided: Effect[] = [];
  const busy = new Puppet(net, "10.0.0.2", (message, puppet, from) => {
    if (message.kind !== "request" || message.method !== "INVITE") return;
    puppet.send(makeResponse(message, 503, { toTag: "t", headers: [{ name: "Retry-After", value: "7" }] }), from);
  });
  const other = refuser(net, "10.0.0.3", 503);
  const flush = ann.ua.drain.bind(ann.ua);
  ann.ua.drain = () => {
    const effects = flush();
    avoided.push(...effects.filter(({ type }) => type === "avoid"));
    return effects;
  };
  callAmong(ann, [hop("10.0.0.2"), hop("10.0.0.3")]);
  net.run(1_000);
  expect([busy, other].map((each) => each.requests("INVITE").length)).toEqual([1, 1]);
  expect(busy.requests("ACK")).toHaveLength(1);
  expect(ann.of("failed")).toMatchObject([{ cause: "response", status: 503 }]);
  expect(avoided).toMatchObject([
    { hop: { address: "10.0.0.2" }, forMs: 7_000 },
    { hop: { address: "10.0.0.3" }, forMs: 30_000 },
  ]);
});

test("any other refusal is the answer, whoever else is left", () => {
  const net = new Net();
  const ann = net.agent("10.0.0.1");
  refuser(net, "10.0.0.2", 486);
  const other = refuser(net, "10.0.0.3", 200);
  callAmong(ann, [hop("10.0.0.2"), hop("10.0.0.3")]);
  net.run(60_000);
  expect(ann.of("failed")).toMatchObject([{ cause: "response", status: 486 }]);
  expect(other.received).toEqual([]);
});

test("silence leads to the next after four seconds, and less where the whole target has less", () => {
  for (const [firstResponseMs, eachMs] of [
    [undefined, 4_000],
    [4_000, 2_000],
  ] as const) {
    const net = new Net();
    const ann = net.agent("10.0.0.1");
    answeringAgent(net, "10.0.0.3");
    callAmong(ann, [hop("10.0.0.2"), hop("10.0.0.3")], { firstResponseMs });
    net.run(eachMs - 1);
    expect(ann.sent.some(({ to }) => to.address === "10.0.0.3")).toBe(false);
    net.run(200);
    expect(ann.of("answered")).toHaveLength(1);
    expect(ann.ua.counters()).toMatchObject({ failovers: 1 });
    const toFirst = ann.sent.filter(({ to }) => to.address === "10.0.0.2").length;
    net.run(60_000);
    // And the silent one is no longer asked.
    expect(ann.sent.filter(({ to }) => to.address === "10.0.0.2")).toHaveLength(toFirst);
  }
});

test("servers that are all silent have together what one alone would have", () => {
  const net = new Net();
  const ann = net.agent("10.0.0.1");
  callAmong(ann, [hop("10.0.0.2"), hop("10.0.0.3"), hop("10.0.0.4")], { firstResponseMs: 4_000 });
  net.run(3_999);
  expect(ann.of("failed")).toEqual([]);
  net.run(1);
  expect(ann.of("failed")).toMatchObject([{ cause: "timeout", status: 408 }]);
  expect(new Set(ann.sent.map(({ to }) => to.address))).toEqual(new Set(["10.0.0.2", "10.0.0.3", "10.0.0.4"]));
  net.run(70_000);
  expect(ann.ua.counters()).toMatchObject({ sessions: 0, transactions: 0, deadlines: 0 });
});

test("a server given up that rings after all is sent CANCEL, once; nothing is left of it (RFC 3261 §9.1)", () => {
  const net = new Net();
  const ann = net.agent("10.0.0.1");
  answeringAgent(net, "10.0.0.3");
  let invite: SipRequest | undefined;
  const late = new Puppet(net, "10.0.0.2", (message, puppet, from) => {
    if (message.kind !== "request") return;
    if (message.method === "INVITE") invite ??= message;
    if (message.method === "CANCEL") {
      puppet.send(makeResponse(message, 200, { toTag: "t" }), from);
      puppet.send(makeResponse(invite!, 487, { toTag: "t" }), from);
    }
  });
  const { session } = callAmong(ann, [hop("10.0.0.2"), hop("10.0.0.3")]);
  net.run(4_500);
  expect(ann.of("answered")).toHaveLength(1);
  for (const status of [180, 183]) late.send(makeResponse(invite!, status, { toTag: "t" }), ann.here);
  net.run(1_000);
  expect(late.requests("CANCEL")).toHaveLength(1);
  expect(branchIn(late.requests("CANCEL")[0]!)).toBe(branchIn(invite!));
  expect(late.requests("ACK")).toHaveLength(1);
  expect(ann.of("progress")).toEqual([]);
  ann.do((ua, nowMs) => ua.bye(session, [], nowMs));
  net.run(70_000);
  expect(ann.ua.counters()).toMatchObject({ sessions: 0, transactions: 0, dialogs: 0, deadlines: 0 });
});

test("a server given up that rings and then never speaks again is forgotten after 64 × T1", () => {
  const net = new Net();
  const ann = net.agent("10.0.0.1");
  answeringAgent(net, "10.0.0.3");
  const late = new Puppet(net, "10.0.0.2");
  const { session } = callAmong(ann, [hop("10.0.0.2"), hop("10.0.0.3")]);
  net.run(4_500);
  late.send(makeResponse(late.requests("INVITE")[0]!, 180, { toTag: "t" }), ann.here);
  net.run(1_000);
  ann.do((ua, nowMs) => ua.bye(session, [], nowMs));
  net.run(70_000);
  expect(ann.ua.counters()).toMatchObject({ sessions: 0, transactions: 0, dialogs: 0, deadlines: 0 });
});

test("a server given up that answers after all gets ACK and BYE, and its ACK again for a repeated 2xx (§13.2.2.4)", () => {
  const net = new Net();
  const ann = net.agent("10.0.0.1");
  answeringAgent(net, "10.0.0.3");
  const late = new Puppet(net, "10.0.0.2", (message, puppet, from) => {
    if (message.kind === "request" && message.method === "BYE") puppet.send(makeResponse(message, 200, {}), from);
  });
  callAmong(ann, [hop("10.0.0.2"), hop("10.0.0.3")]);
  net.run(4_500);
  const headers = [{ name: "Contact", value: "<sip:bob@10.0.0.2>" }];
  const answer = makeResponse(late.requests("INVITE")[0]!, 200, {
    toTag: "late",
    headers,
    body: textBody("application/sdp", SDP),
  });
  for (let i = 0; i < 2; i++) {
    late.send(answer, ann.here);
    net.run(100);
  }
  expect(late.requests("ACK").map((ack) => headerOf(ack, "cseq"))).toEqual(["1 ACK", "1 ACK"]);
  expect(late.requests("BYE")).toHaveLength(1);
  expect(ann.of("answered")).toHaveLength(1);
  expect(ann.of("ended")).toEqual([]);
});

test("a cancelled call does not go on to the next server", () => {
  const net = new Net();
  const ann = net.agent("10.0.0.1");
  const other = refuser(net, "10.0.0.3", 200);
  const { session } = callAmong(ann, [hop("10.0.0.2"), hop("10.0.0.3")]);
  net.run(1_000);
  ann.do((ua, nowMs) => ua.cancel(session, [], nowMs));
  net.run(60_000);
  expect(other.received).toEqual([]);
  expect(ann.of("failed")).toMatchObject([{ cause: "cancelled" }]);
  expect(ann.ua.counters()).toMatchObject({ sessions: 0, transactions: 0, deadlines: 0 });
});

test("TCP for a large request that nobody takes falls back to UDP, the Via along with it (RFC 3261 §18.1.1)", () => {
  const net = new Net();
  const ann = net.agent("10.0.0.1");
  answeringAgent(net, "10.0.0.2");
  const refused: SipAddress[] = [];
  const drain = ann.ua.drain.bind(ann.ua);
  ann.ua.drain = () =>
    drain().filter((effect) => {
      if (effect.type !== "send" || effect.to.transport !== "tcp") return true;
      refused.push(effect.to);
      const { transaction } = effect;
      if (transaction !== undefined) queueMicrotask(() => ann.do((ua, nowMs) => ua.sendFailed(transaction, nowMs)));
      return false;
    });
  callAmong(ann, [hop("10.0.0.2", { transport: "tcp" }), hop("10.0.0.2")]);
  return Promise.resolve().then(() => {
    net.run(100);
    expect(refused).toHaveLength(1);
    expect(ann.of("answered")).toHaveLength(1);
    expect(headerOf(ann.sentRequests("INVITE")[0]!, "via")).toMatch(/^SIP\/2\.0\/UDP /);
  });
});
