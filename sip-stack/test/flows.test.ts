/** Basic call flows between two user agents of ours in virtual time (RFC 3665 and its neighbours). */
import { expect, test } from "vitest";
import { headerOf } from "../src/message/message.ts";
import { type Agent, Net, Puppet, SDP } from "./net.ts";

const ANN = "192.0.2.1";
const BOB = "192.0.2.2";

function pair(net = new Net()): { net: Net; ann: Agent; bob: Agent } {
  return { net, ann: net.agent(ANN), bob: net.agent(BOB) };
}

/** Bob rings and answers at once. */
function answering(bob: Agent): void {
  bob.on = (event) => {
    if (event.type !== "invite") return;
    bob.do((ua, now) => ua.progress(event.session, { status: 180 }, now));
    bob.do((ua, now) => ua.accept(event.session, { sdp: SDP }, now));
  };
}

function types(agent: Agent): string[] {
  return agent.events.map((event) => event.type);
}

test("RFC 3665 §3.1: a call is set up, answered and released by the caller", () => {
  const { net, ann, bob } = pair();
  answering(bob);
  const session = ann.call(BOB);
  net.run(1000);
  expect(types(ann)).toEqual(["progress", "answered"]);
  expect(types(bob)).toEqual(["invite", "confirmed"]);
  expect(bob.sentStatuses("INVITE")).toEqual([100, 180, 200]);
  expect(ann.sentRequests("ACK")).toHaveLength(1);
  expect(ann.do((ua, now) => ua.bye(session, [], now))).toBe(true);
  net.run(1000);
  expect(bob.of("ended")).toMatchObject([{ cause: "bye" }]);
  expect(types(ann)).toEqual(["progress", "answered"]);
  expect(ann.sentRequests("BYE")).toHaveLength(1);
});

test("the callee releases, and its Reason reaches the caller as a Q.850 cause (RFC 3326)", () => {
  const { net, ann, bob } = pair();
  answering(bob);
  ann.call(BOB);
  net.run(1000);
  const [invite] = bob.of("invite");
  const headers = [{ name: "Reason", value: "Q.850;cause=16" }];
  bob.do((ua, now) => ua.bye(invite!.session, headers, now));
  net.run(1000);
  expect(ann.of("ended")).toMatchObject([{ cause: "bye", q850: 16 }]);
});

test("everything of a call is forgotten once its last timer has run out", () => {
  const { net, ann, bob } = pair();
  answering(bob);
  const session = ann.call(BOB);
  net.run(1000);
  ann.do((ua, now) => ua.bye(session, [], now));
  net.run(70_000);
  for (const agent of [ann, bob]) {
    expect(agent.ua.counters()).toMatchObject({
      transactions: 0,
      sessions: 0,
      liveSessions: 0,
      dialogs: 0,
      deadlines: 0,
    });
  }
});

test("RFC 3665 §3.8, no answer: CANCEL before the answer gives 487 at the callee and `failed` at the caller", () => {
  const { net, ann, bob } = pair();
  bob.on = (event) => {
    if (event.type === "invite") bob.do((ua, now) => ua.progress(event.session, { status: 180 }, now));
  };
  const session = ann.call(BOB);
  net.run(1000);
  const headers = [
    { name: "Reason", value: "SIP;cause=200" },
    { name: "Reason", value: "Q.850;cause=26" },
  ];
  expect(ann.do((ua, now) => ua.cancel(session, headers, now))).toBe(true);
  net.run(1000);
  expect(ann.of("failed")).toMatchObject([{ cause: "cancelled", status: 487 }]);
  expect(bob.of("cancelled")).toMatchObject([{ q850: 26 }]);
  expect(bob.sentStatuses("INVITE")).toEqual([100, 180, 487]);
  expect(bob.sentStatuses("CANCEL")).toEqual([200]);
  expect(ann.sentRequests("ACK")).toHaveLength(1);
  net.run(70_000);
  expect(ann.ua.counters()).toMatchObject({ transactions: 0, sessions: 0, deadlines: 0 });
  expect(bob.ua.counters()).toMatchObject({ transactions: 0, sessions: 0, deadlines: 0 });
});

test("RFC 3261 §9.1: CANCEL waits for a provisional response", () => {
  const { net, ann, bob } = pair();
  const session = ann.call(BOB);
  ann.do((ua, now) => ua.cancel(session, [], now));
  expect(ann.sentRequests("CANCEL")).toHaveLength(0);
  net.run(1000);
  expect(ann.sentRequests("CANCEL")).toHaveLength(1);
  expect(types(bob)).toEqual(["invite", "cancelled"]);
});

test("a 2xx that crosses a CANCEL is acknowledged and ended by BYE", () => {
  const { net, ann, bob } = pair();
  bob.on = (event) => {
    if (event.type === "invite") bob.do((ua, now) => ua.progress(event.session, { status: 180 }, now));
  };
  const session = ann.call(BOB);
  net.run(1000);
  const [invite] = bob.of("invite");
  ann.do((ua, now) => ua.cancel(session, [], now));
  bob.do((ua, now) => ua.accept(invite!.session, { sdp: SDP }, now));
  net.run(2000);
  expect(ann.of("failed")).toHaveLength(1);
  expect(ann.of("answered")).toHaveLength(0);
  expect(types(bob)).toEqual(["invite", "confirmed", "ended"]);
  expect(ann.sentRequests("BYE")).toHaveLength(1);
});

test("RFC 3665 §3.9, busy: the caller hears status and reason, the failure is acknowledged hop by hop", () => {
  const { net, ann, bob } = pair();
  bob.on = (event) => {
    if (event.type === "invite") bob.do((ua, now) => ua.refuse(event.session, { status: 486 }, now));
  };
  ann.call(BOB);
  net.run(10_000);
  expect(ann.of("failed")).toMatchObject([{ cause: "response", status: 486, reason: "Busy Here" }]);
  expect(bob.sentStatuses("INVITE")).toEqual([100, 486]);
});

test("RFC 3261 §13.3.1.4: a 2xx whose ACK is lost is repeated until the ACK comes, and told as confirmed once", () => {
  const { net, ann, bob } = pair();
  answering(bob);
  let lost = 0;
  net.drop = (message) => message.kind === "request" && message.method === "ACK" && lost++ < 2;
  ann.call(BOB);
  net.run(10_000);
  expect(bob.sentStatuses("INVITE")).toEqual([100, 180, 200, 200, 200]);
  expect(ann.sentRequests("ACK")).toHaveLength(3);
  expect(bob.of("confirmed")).toHaveLength(1);
  expect(ann.of("answered")).toHaveLength(1);
});

test("RFC 3261 §13.3.1.4: with no ACK at all the callee sends BYE after 64 × T1", () => {
  const { net, ann, bob } = pair();
  answering(bob);
  net.drop = (message) => message.kind === "request" && message.method === "ACK";
  ann.call(BOB);
  net.run(31_000);
  expect(bob.of("ended")).toHaveLength(0);
  net.run(3_000);
  expect(bob.of("ended")).toMatchObject([{ cause: "ackTimeout" }]);
  expect(ann.of("ended")).toMatchObject([{ cause: "bye" }]);
});

test("RFC 3261 §15: BYE of a callee waits for the ACK", () => {
  const { net, ann, bob } = pair();
  answering(bob);
  ann.call(BOB);
  net.run(25);
  const [invite] = bob.of("invite");
  expect(bob.do((ua, now) => ua.bye(invite!.session, [], now))).toBe(true);
  expect(bob.sentRequests("BYE")).toHaveLength(0);
  net.run(1000);
  expect(bob.sentRequests("BYE")).toHaveLength(1);
  expect(ann.of("ended")).toHaveLength(1);
  expect(types(bob)).toEqual(["invite"]);
});

test("RFC 3665 §3.10, timer B: nobody there gives `timeout` with 408 after 32 s and seven INVITEs", () => {
  const net = new Net();
  const ann = net.agent(ANN);
  ann.call("192.0.2.99");
  net.run(31_999);
  expect(ann.events).toEqual([]);
  net.run(10);
  expect(ann.of("failed")).toMatchObject([{ cause: "timeout", status: 408 }]);
  expect(ann.sent.map(({ atMs }) => atMs)).toEqual([0, 500, 1500, 3500, 7500, 15_500, 31_500]);
});

test("firstResponseMs: no provisional in time fails at once, and a late one draws a CANCEL", () => {
  const { net, ann, bob } = pair();
  net.drop = (message) => message.kind === "response" && net.nowMs < 4000;
  ann.call(BOB, { firstResponseMs: 4000 });
  net.run(3_999);
  expect(ann.events).toEqual([]);
  net.run(1);
  expect(ann.of("failed")).toMatchObject([{ cause: "timeout", status: 408 }]);
  const repeats = ann.sentRequests("INVITE").length;
  const [invite] = bob.of("invite");
  bob.do((ua, now) => ua.progress(invite!.session, { status: 180 }, now));
  net.run(5_000);
  expect(ann.sentRequests("INVITE")).toHaveLength(repeats);
  expect(types(bob)).toEqual(["invite", "cancelled"]);
});

test("a transport that cannot send fails the call as 503 (RFC 3261 §8.1.3.1)", () => {
  const { net, ann } = pair();
  ann.unreachable.add(BOB);
  ann.call(BOB);
  net.run(100);
  expect(ann.of("failed")).toMatchObject([{ cause: "transport", status: 503 }]);
});

test("RFC 3665 §3.6, SDP in the ACK: the 2xx carries our offer, the ACK the answer", () => {
  const net = new Net();
  const bob = net.agent(BOB);
  answering(bob);
  const caller = new Puppet(net, ANN, (message, puppet, from) => {
    if (message.kind !== "response" || message.status !== 200) return;
    expect(Buffer.from(message.body).toString()).toBe(SDP);
    const ack = inviteText("ACK", "z9hG4bKack", headerOf(message, "to") ?? "", "v=0\r\nanswer");
    puppet.send(ack, from);
  });
  caller.send(inviteText("INVITE", "z9hG4bK1", "<sip:bob@192.0.2.2>", ""), bob.here);
  net.run(1000);
  expect(bob.of("invite")).toMatchObject([{ sdp: undefined }]);
  expect(bob.of("confirmed")).toMatchObject([{ sdp: "v=0\r\nanswer" }]);
});

function inviteText(method: string, branch: string, to: string, sdp: string): string {
  return [
    `${method} sip:bob@192.0.2.2 SIP/2.0`,
    `Via: SIP/2.0/UDP 192.0.2.1:5060;branch=${branch}`,
    "From: <sip:ann@192.0.2.1>;tag=a1",
    `To: ${to}`,
    "Call-ID: late1",
    `CSeq: 1 ${method}`,
    "Contact: <sip:ann@192.0.2.1:5060>",
    "Max-Forwards: 70",
    ...(sdp === "" ? [] : ["Content-Type: application/sdp"]),
    `Content-Length: ${sdp.length}`,
    "",
    sdp,
  ].join("\r\n");
}

test("early media: 183 with SDP reaches the caller before the answer", () => {
  const { net, ann, bob } = pair();
  bob.on = (event) => {
    if (event.type === "invite") bob.do((ua, now) => ua.progress(event.session, { status: 183, sdp: SDP }, now));
  };
  ann.call(BOB);
  net.run(1000);
  expect(ann.of("progress")).toMatchObject([{ status: 183, reason: "Session Progress", sdp: SDP }]);
});

test("RFC 3261 §13.3.1.1: a callee that keeps ringing repeats its provisional every minute", () => {
  const { net, ann, bob } = pair();
  bob.on = (event) => {
    if (event.type === "invite") bob.do((ua, now) => ua.progress(event.session, { status: 180 }, now));
  };
  ann.call(BOB);
  net.run(150_000);
  expect(bob.sentStatuses("INVITE")).toEqual([100, 180, 180, 180]);
});

test("INFO reaches the other side and is answered", () => {
  const { net, ann, bob } = pair();
  answering(bob);
  const session = ann.call(BOB);
  net.run(1000);
  const content = { contentType: "application/dtmf-relay", body: "Signal=5\r\nDuration=160\r\n" };
  expect(ann.do((ua, now) => ua.info(session, content, now))).toBe(true);
  net.run(1000);
  expect(bob.of("info")).toMatchObject([content]);
  expect(bob.sentStatuses("INFO")).toEqual([200]);
});

test("commands for a session that is gone or in another state return false and send nothing", () => {
  const { net, ann, bob } = pair();
  const session = ann.call(BOB);
  net.run(1000);
  const sent = ann.sent.length;
  expect(ann.do((ua, now) => ua.bye(session, [], now))).toBe(false);
  expect(ann.do((ua, now) => ua.offer(session, { sdp: SDP }, now))).toBe(false);
  expect(ann.do((ua, now) => ua.accept(session, { sdp: SDP }, now))).toBe(false);
  expect(ann.do((ua, now) => ua.cancel("nobody", [], now))).toBe(false);
  expect(ann.sent).toHaveLength(sent);
  expect(bob.of("invite")).toHaveLength(1);
});

test("custom headers travel both ways, and every message names its maker", () => {
  const { net, ann, bob } = pair();
  bob.on = (event) => {
    if (event.type !== "invite") return;
    expect(event.headers).toContainEqual({ name: "X-Order", value: "17" });
    bob.do((ua, now) => ua.accept(event.session, { sdp: SDP, headers: [{ name: "X-Desk", value: "3" }] }, now));
  };
  ann.call(BOB, { headers: [{ name: "X-Order", value: "17" }] });
  net.run(1000);
  expect(ann.of("answered")[0]?.headers).toContainEqual({ name: "X-Desk", value: "3" });
  expect(headerOf(ann.sent[0]!.message, "user-agent")).toBe("test");
  expect(headerOf(bob.sent.at(-1)!.message, "server")).toBe("test");
});

test("a caller whose transport is gone while it rings counts as having cancelled", () => {
  const { net, ann, bob } = pair();
  ann.call(BOB);
  net.run(1000);
  const [invite] = bob.of("invite");
  bob.unreachable.add(ANN);
  bob.do((ua, now) => ua.progress(invite!.session, { status: 180 }, now));
  expect(types(bob)).toEqual(["invite", "cancelled"]);
  expect(bob.do((ua, now) => ua.accept(invite!.session, { sdp: SDP }, now))).toBe(false);
});
