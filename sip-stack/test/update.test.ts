/** UPDATE (RFC 3311) between two agents over a link with 10 % loss, before and after the answer. */
import { describe, expect, test } from "vitest";
import { makeResponse, textBody } from "../src/message/build.ts";
import { headerOf, type SipRequest } from "../src/message/message.ts";
import { type Agent, Net, SDP } from "./net.ts";
import { ANN, BOB, expectForgotten, HOLD, hangUp, lossyPair, obliging, type Pair, SEEDS, talking } from "./pair.ts";

/** Ann's call rings at Bob with early media that is agreed: offer, reliable answer, PRACK. */
function early(pair: Pair): Pair & { annSession: string; bobSession: string } {
  const { net, ann, bob } = pair;
  const annSession = ann.call(BOB);
  net.run(20_000);
  const bobSession = bob.of("invite")[0]!.session;
  bob.do((ua, now) => ua.progress(bobSession, { status: 183, sdp: SDP }, now));
  net.run(35_000);
  expect(ann.of("progress")).toHaveLength(1);
  return { ...pair, annSession, bobSession };
}

describe.each(SEEDS)("with one packet in ten lost, seed %i", (seed) => {
  test("§5.1: early media is re-offered before the answer, by either side, and the call is then answered", () => {
    const pair = early(lossyPair(seed));
    const { net, ann, bob, annSession, bobSession } = pair;
    obliging(ann);
    obliging(bob);
    for (const [from, to, session] of [
      [ann, bob, annSession],
      [bob, ann, bobSession],
    ] as const) {
      expect(from.do((ua, now) => ua.offer(session, { sdp: HOLD }, now))).toBe(true);
      net.run(35_000);
      expect(to.of("offer")).toMatchObject([{ sdp: HOLD }]);
      expect(from.of("offerAnswered")).toMatchObject([{ sdp: SDP }]);
    }
    bob.do((ua, now) => ua.accept(bobSession, { sdp: SDP }, now));
    net.run(35_000);
    expect(ann.of("answered")).toHaveLength(1);
    expect(bob.of("confirmed")).toHaveLength(1);
    hangUp(pair, annSession);
  });

  test("§5.2: two that cross are 491 on both sides, and both get through after their waits", () => {
    const pair = early(lossyPair(seed));
    const { net, ann, bob, annSession, bobSession } = pair;
    obliging(ann);
    obliging(bob);
    ann.do((ua, now) => ua.offer(annSession, { sdp: HOLD }, now));
    bob.do((ua, now) => ua.offer(bobSession, { sdp: HOLD }, now));
    net.run(90_000);
    expect(ann.of("offerAnswered")).toHaveLength(1);
    expect(bob.of("offerAnswered")).toHaveLength(1);
    expect([...ann.of("offerRefused"), ...bob.of("offerRefused")]).toEqual([]);
    ann.do((ua, now) => ua.cancel(annSession, [], now));
    expectForgotten(pair);
  });

  test("in an answered session it is used where asked for, and needs no ACK", () => {
    const pair = talking(lossyPair(seed));
    const { net, ann, bob, annSession } = pair;
    obliging(bob);
    const acks = ann.sentRequests("ACK").length;
    expect(ann.do((ua, now) => ua.offer(annSession, { sdp: HOLD, by: "UPDATE" }, now))).toBe(true);
    net.run(40_000);
    expect(bob.of("offer")).toMatchObject([{ sdp: HOLD }]);
    expect(ann.of("offerAnswered")).toMatchObject([{ sdp: SDP }]);
    expect(ann.sentRequests("ACK")).toHaveLength(acks);
    hangUp(pair, annSession);
  });
});

function ringing(): Pair & { annSession: string; bobSession: string } {
  const net = new Net();
  const pair = { net, ann: net.agent(ANN), bob: net.agent(BOB) };
  const annSession = pair.ann.call(BOB);
  net.run(100);
  return { ...pair, annSession, bobSession: pair.bob.of("invite")[0]!.session };
}

/** What a peer without our rules might send. */
function updateBy(from: Agent, cseq: number, sdp: string): SipRequest {
  const last = from.sentRequests("PRACK").at(-1) ?? from.sentRequests("UPDATE").at(-1);
  const headers = last!.headers
    .filter(({ name }) => name !== "RAck" && name !== "Content-Length" && name !== "Content-Type")
    .map(({ name, value }) => {
      if (name === "CSeq") return { name, value: `${cseq} UPDATE` };
      return { name, value: name === "Via" ? `${value}u${cseq}` : value };
    });
  if (sdp !== "") headers.push({ name: "Content-Type", value: "application/sdp" });
  return { ...last!, method: "UPDATE", headers, body: Buffer.from(sdp) };
}

test("§5.1: no offer before the first has its answer; an unreliable 183 is none", () => {
  const { net, ann, bob, annSession, bobSession } = ringing();
  expect(ann.do((ua, now) => ua.offer(annSession, { sdp: HOLD }, now))).toBe(false);
  bob.do((ua, now) => ua.progress(bobSession, { status: 183, sdp: SDP, reliable: false }, now));
  net.run(100);
  expect(ann.of("progress")).toMatchObject([{ sdp: SDP, isReliable: false }]);
  expect(ann.do((ua, now) => ua.offer(annSession, { sdp: HOLD }, now))).toBe(false);
  expect(bob.do((ua, now) => ua.offer(bobSession, { sdp: HOLD }, now))).toBe(false);
});

/** Hands Bob a request as if Ann had sent it. */
function hand({ net, ann, bob }: Pair, message: SipRequest): void {
  bob.ua.receive({ ok: true, message, size: 0 }, ann.here, net.nowMs);
  bob.flush();
}

test("§5.2: while the offer of the INVITE is unanswered the next is 500 with Retry-After; without SDP it crosses nothing", () => {
  const pair = ringing();
  const { net, ann, bob, bobSession } = pair;
  bob.do((ua, now) => ua.progress(bobSession, { status: 180, reliable: true }, now));
  net.run(100);
  hand(pair, updateBy(ann, 10, HOLD));
  expect(bob.sentStatuses("UPDATE")).toEqual([500]);
  expect(Number(headerOf(bob.sent.at(-1)!.message, "retry-after"))).toBeLessThanOrEqual(10);
  hand(pair, updateBy(ann, 11, ""));
  expect(bob.sentStatuses("UPDATE")).toEqual([500, 200]);
  expect(bob.of("offer")).toEqual([]);
});

test("§5.2: while an UPDATE of theirs is unanswered the next is 500", () => {
  const net = new Net();
  const pair = early({ net, ann: net.agent(ANN), bob: net.agent(BOB) });
  const { ann, bob, bobSession } = pair;
  hand(pair, updateBy(ann, 12, HOLD));
  expect(bob.of("offer")).toMatchObject([{ sdp: HOLD }]);
  hand(pair, updateBy(ann, 13, HOLD));
  expect(bob.sentStatuses("UPDATE")).toEqual([500]);
  bob.do((ua, now) => ua.answerOffer(bobSession, { status: 488, reason: "Not Acceptable Here" }, now));
  expect(bob.sentStatuses("UPDATE")).toEqual([500, 488]);
});

test("§5.2: an UPDATE from the callee while our own offer of the INVITE is open is 491", () => {
  const { net, ann, bob, bobSession } = ringing();
  bob.do((ua, now) => ua.progress(bobSession, { status: 180 }, now));
  net.run(100);
  const ok = bob.sent.find(({ message }) => message.kind === "response" && message.status === 180)!.message;
  const invite = ann.sentRequests("INVITE")[0]!;
  const update: SipRequest = {
    kind: "request",
    method: "UPDATE",
    requestUri: `sip:voepy@${ANN}`,
    headers: [
      { name: "Via", value: `SIP/2.0/UDP ${BOB}:5060;branch=z9hG4bKup` },
      { name: "From", value: headerOf(ok, "to")! },
      { name: "To", value: headerOf(invite, "from")! },
      { name: "Call-ID", value: headerOf(ok, "call-id")! },
      { name: "CSeq", value: "7 UPDATE" },
      { name: "Contact", value: `<sip:bob@${BOB}>` },
      { name: "Content-Type", value: "application/sdp" },
    ],
    body: Buffer.from(HOLD),
  };
  ann.ua.receive({ ok: true, message: update, size: 0 }, bob.here, net.nowMs);
  ann.flush();
  expect(ann.sentStatuses("UPDATE")).toEqual([491]);
  expect(ann.of("offer")).toEqual([]);
});

test("a peer that refuses UPDATE with 405 gets the same offer by re-INVITE", () => {
  const net = new Net();
  const pair = talking({ net, ann: net.agent(ANN), bob: net.agent(BOB) });
  const { ann, bob, annSession } = pair;
  obliging(bob);
  net.drop = (message) => message.kind === "request" && message.method === "UPDATE";
  const before = ann.sentRequests("INVITE").length;
  ann.do((ua, now) => ua.offer(annSession, { sdp: HOLD, by: "UPDATE" }, now));
  const message = makeResponse(ann.sentRequests("UPDATE")[0]!, 405);
  ann.ua.receive({ ok: true, message, size: 0 }, bob.here, net.nowMs);
  ann.flush();
  net.run(1_000);
  expect(ann.sentRequests("INVITE")).toHaveLength(before + 1);
  expect(ann.of("offerAnswered")).toMatchObject([{ sdp: SDP }]);
});

test("a call that is taken back while an early offer waits for our answer leaves nothing behind", () => {
  const net = new Net();
  const pair = early({ net, ann: net.agent(ANN), bob: net.agent(BOB) });
  const { ann, bob, annSession, bobSession } = pair;
  expect(bob.do((ua, now) => ua.offer(bobSession, { sdp: HOLD }, now))).toBe(true);
  net.run(100);
  expect(ann.of("offer")).toHaveLength(1);
  ann.do((ua, now) => ua.cancel(annSession, [], now));
  expect(ann.sentStatuses("UPDATE")).toEqual([487]);
  expectForgotten(pair);
});

test("an early UPDATE of ours on a fork that is not the call is told as refused", () => {
  const { net, ann, annSession, bob, bobSession } = ringing();
  bob.do((ua, now) => ua.progress(bobSession, { status: 183, sdp: SDP }, now));
  net.run(100);
  net.drop = (message) => message.kind === "request" && message.method === "UPDATE";
  expect(ann.do((ua, now) => ua.offer(annSession, { sdp: HOLD }, now))).toBe(true);
  // Another fork answers.
  const ok = makeResponse(ann.sentRequests("INVITE")[0]!, 200, {
    toTag: "other",
    headers: [{ name: "Contact", value: `<sip:other@${BOB}>` }],
    body: textBody("application/sdp", SDP),
  });
  ann.ua.receive({ ok: true, message: ok, size: 0 }, bob.here, net.nowMs);
  ann.flush();
  expect(ann.of("answered")).toMatchObject([{ branch: "other" }]);
  expect(ann.of("offerRefused")).toHaveLength(1);
  expect(ann.do((ua, now) => ua.offer(annSession, { sdp: HOLD }, now))).toBe(true);
});
