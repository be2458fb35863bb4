/** REFER (RFC 3515) with Referred-By (RFC 3892), Replaces (RFC 3891) and Refer-Sub (RFC 4488), over a link with 10 % loss. */
import { describe, expect, test } from "vitest";
import { headerOf, type SipRequest } from "../src/message/message.ts";
import { Net, SDP } from "./net.ts";
import { ANN, BOB, expectForgotten, hangUp, lossyPair, type Pair, SEEDS, talking } from "./pair.ts";

const CAROL = "192.0.2.3";
const TARGET = `sip:carol@${CAROL}`;

/** The request once more with other header values, as the next of its dialog. */
function again(request: SipRequest, cseq: number, changes: Record<string, string | undefined>): SipRequest {
  const headers = request.headers
    .filter(({ name }) => !(name in changes) && name !== "Content-Length")
    .map(({ name, value }) => {
      if (name === "CSeq") return { name, value: `${cseq} ${request.method}` };
      return { name, value: name === "Via" ? `${value}n${cseq}` : value };
    });
  for (const [name, value] of Object.entries(changes)) if (value !== undefined) headers.push({ name, value });
  return { ...request, headers };
}

/** Hands Bob a request as if Ann had sent it; the status he answers with. */
function hand({ net, ann, bob }: Pair, message: SipRequest): number | undefined {
  bob.ua.receive({ ok: true, message, size: 0 }, ann.here, net.nowMs);
  bob.flush();
  return bob.sentStatuses(message.method).at(-1);
}

describe.each(SEEDS)("with one packet in ten lost, seed %i", (seed) => {
  test("§4.1: accepted, reported on by NOTIFY, and told as final once", () => {
    const pair = talking(lossyPair(seed));
    const { net, ann, bob, annSession, bobSession } = pair;
    expect(ann.do((ua, now) => ua.refer(annSession, { to: TARGET }, now))).toBe(true);
    expect(ann.do((ua, now) => ua.refer(annSession, { to: TARGET }, now))).toBe(false);
    net.run(15_000);
    expect(bob.of("refer")).toMatchObject([
      { referTo: TARGET, referredBy: "sip:alice@voepy.local", replaces: undefined, replacesSession: undefined },
    ]);
    expect(bob.do((ua, now) => ua.answerRefer(bobSession, { status: 202 }, now))).toBe(true);
    net.run(35_000);
    bob.do((ua, now) => ua.notifyRefer(bobSession, { status: 180, final: false }, now));
    net.run(35_000);
    expect(bob.do((ua, now) => ua.notifyRefer(bobSession, { status: 200, final: true }, now))).toBe(true);
    expect(bob.do((ua, now) => ua.notifyRefer(bobSession, { status: 200, final: true }, now))).toBe(false);
    net.run(35_000);
    expect(ann.of("referAccepted")).toMatchObject([{ isSilent: false }]);
    expect(ann.of("referNotify").map(({ status, reason, isFinal }) => [status, reason, isFinal])).toEqual([
      [100, "Trying", false],
      [180, "Ringing", false],
      [200, "OK", true],
    ]);
    // The call itself goes on, and the next may be asked for.
    expect(ann.do((ua, now) => ua.refer(annSession, { to: TARGET }, now))).toBe(true);
    hangUp(pair, annSession);
  });

  test("refused, it is told with the status, and the call goes on", () => {
    const pair = talking(lossyPair(seed));
    const { net, ann, bob, annSession, bobSession } = pair;
    ann.do((ua, now) => ua.refer(annSession, { to: TARGET }, now));
    net.run(15_000);
    bob.do((ua, now) => ua.answerRefer(bobSession, { status: 603, reason: "Not You" }, now));
    net.run(35_000);
    expect(ann.of("referFailed")).toMatchObject([{ status: 603, reason: "Not You" }]);
    expect([...ann.of("ended"), ...bob.of("ended")]).toEqual([]);
    hangUp(pair, annSession);
  });

  test("RFC 3891 §4: an attended transfer names the other call's dialog, and its far end knows it by that", () => {
    const pair = lossyPair(seed);
    const { net, ann, bob } = pair;
    const carol = net.agent(CAROL);
    for (const agent of [bob, carol]) {
      agent.on = (event) => {
        if (event.type === "invite" && event.replaces === undefined) {
          agent.do((ua, now) => ua.accept(event.session, { sdp: SDP }, now));
        }
        if (event.type === "invite" && event.replaces !== undefined) {
          const { session, replaces } = event;
          agent.do((ua, now) => ua.accept(session, { sdp: SDP }, now));
          agent.do((ua, now) => ua.bye(replaces, [], now));
        }
      };
    }
    const toBob = ann.call(BOB);
    const toCarol = ann.call(CAROL);
    net.run(40_000);
    ann.do((ua, now) => ua.refer(toBob, { to: TARGET, replaces: toCarol }, now));
    net.run(15_000);
    const [refer] = bob.of("refer");
    const { replaces } = refer!;
    expect(refer?.referTo).toBe(TARGET);
    bob.do((ua, now) => ua.answerRefer(refer!.session, { status: 202 }, now));
    const header = `${replaces!.callId};to-tag=${replaces!.toTag};from-tag=${replaces!.fromTag}`;
    bob.call(CAROL, { headers: [{ name: "Replaces", value: header }] });
    net.run(40_000);
    const [first, second] = carol.of("invite");
    expect(second?.replaces).toBe(first?.session);
    expect(bob.of("answered")).toHaveLength(1);
    expect(ann.of("ended")).toMatchObject([{ session: toCarol, cause: "bye" }]);
  });
});

test("§2.4.1: no Refer-To, two, or one that cannot be read is 400", () => {
  const pair = talking(lossyPair(3));
  const { net, ann, bob, annSession, bobSession } = pair;
  ann.do((ua, now) => ua.refer(annSession, { to: TARGET }, now));
  net.run(15_000);
  bob.do((ua, now) => ua.answerRefer(bobSession, { status: 603 }, now));
  const refer = ann.sentRequests("REFER")[0]!;
  const two = again(refer, 20, { "Refer-To": `<${TARGET}>` });
  expect(hand(pair, { ...two, headers: [...two.headers, { name: "Refer-To", value: "<sip:x@y>" }] })).toBe(400);
  expect(hand(pair, again(refer, 21, { "Refer-To": undefined }))).toBe(400);
  expect(hand(pair, again(refer, 22, { "Refer-To": "<sip:x@y?Replaces=nonsense>" }))).toBe(400);
  expect(bob.of("refer")).toHaveLength(1);
});

test("RFC 4488: a peer that wants no NOTIFY gets none, and hears so", () => {
  const net = new Net();
  const pair = talking({ net, ann: net.agent(ANN), bob: net.agent(BOB) });
  const { ann, bob, annSession, bobSession } = pair;
  const headers = [{ name: "Refer-Sub", value: "false" }];
  ann.do((ua, now) => ua.refer(annSession, { to: TARGET, headers }, now));
  net.run(100);
  bob.do((ua, now) => ua.answerRefer(bobSession, { status: 202 }, now));
  net.run(1_000);
  expect(ann.of("referAccepted")).toMatchObject([{ isSilent: true }]);
  expect(bob.sentRequests("NOTIFY")).toEqual([]);
  expect(bob.do((ua, now) => ua.notifyRefer(bobSession, { status: 200, final: true }, now))).toBe(false);
  expect(ann.do((ua, now) => ua.refer(annSession, { to: TARGET }, now))).toBe(true);
});

test("§2.4.4: a subscription on which nobody reports ends by itself as 408", () => {
  const net = new Net();
  const pair = talking({ net, ann: net.agent(ANN), bob: net.agent(BOB) });
  const { ann, bob, annSession, bobSession } = pair;
  ann.do((ua, now) => ua.refer(annSession, { to: TARGET }, now));
  net.run(100);
  bob.do((ua, now) => ua.answerRefer(bobSession, { status: 202 }, now));
  net.run(310_000);
  expect(ann.of("referNotify").map(({ status, isFinal }) => [status, isFinal])).toEqual([
    [100, false],
    [408, true],
  ]);
});

test("NOTIFYs of nothing are 481, those of other packages 489; a REFER nobody answers is 408", () => {
  const net = new Net();
  const pair = talking({ net, ann: net.agent(ANN), bob: net.agent(BOB) });
  const { ann, bob, annSession, bobSession } = pair;
  ann.do((ua, now) => ua.refer(annSession, { to: TARGET }, now));
  net.run(100);
  bob.do((ua, now) => ua.answerRefer(bobSession, { status: 202 }, now));
  bob.do((ua, now) => ua.notifyRefer(bobSession, { status: 486, final: true }, now));
  net.run(100);
  expect(ann.of("referNotify").at(-1)).toMatchObject({ status: 486, isFinal: true });
  const notify = bob.sentRequests("NOTIFY")[0]!;
  const back = { net, ann: bob, bob: ann };
  expect(hand(back, again(notify, 30, {}))).toBe(481);
  expect(hand(back, again(notify, 31, { Event: "presence" }))).toBe(489);
  ann.do((ua, now) => ua.refer(annSession, { to: TARGET }, now));
  net.run(40_000);
  expect(ann.of("referFailed")).toMatchObject([{ status: 408 }]);
  hangUp(pair, annSession);
});

test("BYE while a REFER waits for an answer: it gets 487 and nothing is left", () => {
  const net = new Net();
  const pair = talking({ net, ann: net.agent(ANN), bob: net.agent(BOB) });
  const { ann, bob, annSession } = pair;
  ann.do((ua, now) => ua.refer(annSession, { to: TARGET }, now));
  net.run(100);
  ann.do((ua, now) => ua.bye(annSession, [], now));
  net.run(100);
  expect(bob.sentStatuses("REFER")).toEqual([487]);
  expectForgotten(pair);
});

describe("Replaces (RFC 3891 §3)", () => {
  function world(): Pair & { annSession: string; bobSession: string; replaces: string } {
    const net = new Net();
    const pair = talking({ net, ann: net.agent(ANN), bob: net.agent(BOB) });
    pair.bob.on = () => undefined;
    const ok = pair.ann.received.find((message) => message.kind === "response" && message.status === 200)!;
    const tag = (name: string): string => headerOf(ok, name)!.split("tag=")[1]!;
    // As Bob sees it: his own tag is the To tag.
    const replaces = `${headerOf(ok, "call-id")};to-tag=${tag("to")};from-tag=${tag("from")}`;
    return { ...pair, replaces };
  }

  function call({ net, bob }: Pair, replaces: readonly string[]): number | undefined {
    const carol = net.agent(CAROL);
    carol.call(BOB, { headers: replaces.map((value) => ({ name: "Replaces", value })) });
    net.run(100);
    return bob.sentStatuses("INVITE").at(-1);
  }

  test("names the session to be replaced", () => {
    const here = world();
    expect(call(here, [here.replaces])).toBe(100);
    expect(here.bob.of("invite").at(-1)?.replaces).toBe(here.bobSession);
  });

  test("of no dialog of ours is 481, one that has ended 603, early-only of an answered one 486, two 400", () => {
    const here = world();
    expect(call(here, ["unknown;to-tag=a;from-tag=b"])).toBe(481);
    expect(call(here, [here.replaces.replace(/from-tag=/, "from-tag=x")])).toBe(481);
    expect(call(here, [`${here.replaces};early-only`])).toBe(486);
    expect(call(here, [here.replaces, here.replaces])).toBe(400);
    expect(call(here, ["half;to-tag=a"])).toBe(400);
    here.ann.do((ua, now) => ua.bye(here.annSession, [], now));
    here.net.run(100);
    expect(call(here, [here.replaces])).toBe(603);
    expect(here.bob.of("invite")).toHaveLength(1);
  });

  test("takes over a call that we make and that still rings, never one that rings at us", () => {
    const net = new Net();
    const [ann, bob] = [net.agent(ANN), net.agent(BOB)];
    bob.on = (event) => {
      if (event.type === "invite") bob.do((ua, now) => ua.progress(event.session, { status: 180 }, now));
    };
    const session = ann.call(BOB);
    net.run(100);
    const ringing = ann.received.find((message) => message.kind === "response" && message.status === 180)!;
    const tag = (name: string): string => headerOf(ringing, name)!.split("tag=")[1]!;
    const callId = headerOf(ringing, "call-id");
    const back = { net, ann: bob, bob: ann };
    const carol = net.agent(CAROL);
    const value = `${callId};to-tag=${tag("from")};from-tag=${tag("to")};early-only`;
    carol.call(ANN, { headers: [{ name: "Replaces", value }] });
    net.run(100);
    expect(back.bob.of("invite").at(-1)?.replaces).toBe(session);
    expect(call({ net, ann, bob }, [`${callId};to-tag=${tag("to")};from-tag=${tag("from")}`])).toBe(481);
  });
});
