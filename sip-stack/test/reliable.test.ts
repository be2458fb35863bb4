/** Reliable provisional responses (RFC 3262) between two agents over a link with 10 % loss, and by hand. */
import { describe, expect, test } from "vitest";
import { makeResponse, textBody } from "../src/message/build.ts";
import { headerOf, type SipRequest } from "../src/message/message.ts";
import { Net, Puppet, SDP } from "./net.ts";
import { ANN, BOB, expectForgotten, HOLD, hangUp, lossyPair, obliging, SEEDS } from "./pair.ts";

const FAR = "192.0.2.9";
const SUPPORTED = { name: "Supported", value: "100rel" };
const REQUIRED = { name: "Require", value: "100rel" };

describe.each(SEEDS)("with one packet in ten lost, seed %i", (seed) => {
  test("§3, §4: a 183 with SDP goes reliably by itself, is acknowledged by PRACK and told once", () => {
    const pair = lossyPair(seed);
    const { net, ann, bob } = pair;
    const session = ann.call(BOB);
    net.run(20_000);
    const [invite] = bob.of("invite");
    bob.do((ua, now) => ua.progress(invite!.session, { status: 183, sdp: HOLD }, now));
    net.run(35_000);
    expect(ann.of("progress")).toMatchObject([{ status: 183, sdp: HOLD, isReliable: true }]);
    expect(bob.sentStatuses("PRACK")).toContain(200);
    bob.do((ua, now) => ua.accept(invite!.session, { sdp: SDP }, now));
    net.run(35_000);
    // §5: the answer went before; the 2xx does not say it again.
    expect(ann.of("answered")).toMatchObject([{ sdp: undefined }]);
    expect(bob.of("confirmed")).toHaveLength(1);
    hangUp(pair, session);
  });

  test("§3: several reliable provisionals are told in order, the next only after the PRACK of the last", () => {
    const pair = lossyPair(seed);
    const { net, ann, bob } = pair;
    const session = ann.call(BOB, { headers: [REQUIRED] });
    net.run(20_000);
    const [invite] = bob.of("invite");
    const statuses = [180, 181, 182, 183];
    for (const status of statuses) bob.do((ua, now) => ua.progress(invite!.session, { status }, now));
    net.run(55_000);
    expect(ann.of("progress").map(({ status }) => status)).toEqual(statuses);
    const rseqs = bob.sent
      .map(({ message }) => Number(headerOf(message, "rseq") ?? 0))
      .filter((rseq, i, all) => rseq > 0 && all.indexOf(rseq) === i);
    expect(rseqs).toEqual(rseqs.map((_, i) => rseqs[0]! + i));
    ann.do((ua, now) => ua.cancel(session, [], now));
    expectForgotten(pair);
  });

  test("§3: a 2xx waits for the PRACK of a provisional with SDP", () => {
    const pair = lossyPair(seed);
    const { net, ann, bob } = pair;
    net.drop = (message) => message.kind === "request" && message.method === "PRACK" && net.nowMs < 25_000;
    const session = ann.call(BOB);
    net.run(20_000);
    const [invite] = bob.of("invite");
    bob.do((ua, now) => ua.progress(invite!.session, { status: 183, sdp: SDP }, now));
    expect(bob.do((ua, now) => ua.accept(invite!.session, { sdp: SDP }, now))).toBe(true);
    expect(bob.do((ua, now) => ua.accept(invite!.session, { sdp: SDP }, now))).toBe(false);
    net.run(4_000);
    expect(bob.sentStatuses("INVITE")).not.toContain(200);
    net.run(60_000);
    expect(ann.of("answered")).toHaveLength(1);
    expect(bob.of("confirmed")).toHaveLength(1);
    hangUp(pair, session);
  });

  test("§5: the offer to an INVITE without one goes in the provisional, its answer in the PRACK", () => {
    const pair = lossyPair(seed);
    const { net, ann, bob } = pair;
    obliging(ann, HOLD);
    const session = ann.call(BOB, { sdp: undefined });
    net.run(20_000);
    const [invite] = bob.of("invite");
    expect(invite?.sdp).toBeUndefined();
    bob.do((ua, now) => ua.progress(invite!.session, { status: 183, sdp: SDP }, now));
    net.run(35_000);
    expect(ann.of("offer")).toMatchObject([{ sdp: SDP }]);
    expect(bob.of("offerAnswered")).toMatchObject([{ sdp: HOLD }]);
    bob.do((ua, now) => ua.accept(invite!.session, { sdp: SDP }, now));
    net.run(35_000);
    expect(ann.of("answered")).toMatchObject([{ sdp: undefined }]);
    expect(bob.of("confirmed")).toMatchObject([{ sdp: undefined }]);
    expect(ann.of("offer")).toHaveLength(1);
    hangUp(pair, session);
  });

  test("RFC 3261 §13.2.2.4: the offer in a 2xx is answered in the ACK, however often the 2xx comes", () => {
    const pair = lossyPair(seed);
    const { net, ann, bob } = pair;
    bob.on = (event) => {
      if (event.type === "invite") bob.do((ua, now) => ua.accept(event.session, { sdp: SDP }, now));
    };
    const session = ann.call(BOB, { sdp: undefined });
    net.run(5_000);
    // The user takes its time.
    expect(ann.of("offer")).toMatchObject([{ sdp: SDP }]);
    expect(ann.sentRequests("ACK")).toEqual([]);
    ann.do((ua, now) => ua.answerOffer(session, { sdp: HOLD }, now));
    net.run(40_000);
    expect(bob.of("confirmed")).toMatchObject([{ sdp: HOLD }]);
    expect(ann.of("answered")).toHaveLength(1);
    expect(ann.sentRequests("BYE")).toEqual([]);
    hangUp(pair, session);
  });
});

test("§3: without a PRACK the provisional is repeated at doubled intervals, then the INVITE gets 504", () => {
  const net = new Net();
  const [ann, bob] = [net.agent(ANN), net.agent(BOB)];
  net.drop = (message) => message.kind === "request" && message.method === "PRACK";
  ann.call(BOB);
  net.run(1_000);
  const [invite] = bob.of("invite");
  bob.sent.length = 0;
  bob.do((ua, now) => ua.progress(invite!.session, { status: 183, sdp: SDP }, now));
  net.run(31_900);
  const first = bob.sent[0]!.atMs;
  expect(bob.sent.map(({ atMs }) => atMs - first)).toEqual([0, 500, 1500, 3500, 7500, 15_500, 31_500]);
  net.run(5_000);
  expect(bob.of("cancelled")).toMatchObject([{ cause: "prack" }]);
  expect(ann.of("failed")).toMatchObject([{ status: 504 }]);
  expectForgotten({ net, ann, bob });
});

test("§3: a caller that does not know 100rel is not bothered with it; one that requires it gets nothing else", () => {
  const net = new Net();
  const bob = net.agent(BOB);
  const far = new Puppet(net, FAR);
  const plain = new Net().agent(FAR);
  plain.call(BOB);
  const invite = plain.sentRequests("INVITE")[0]!;
  const asking = (callId: string, headers: readonly { name: string; value: string }[]): SipRequest => ({
    ...invite,
    headers: [
      ...invite.headers
        .filter(({ name }) => name !== "Supported" && name !== "Content-Length")
        .map(({ name, value }) => ({
          name,
          value: name === "Call-ID" ? callId : name === "Via" ? `${value}${callId}` : value,
        })),
      ...headers,
    ],
  });
  bob.on = (event) => {
    if (event.type !== "invite") return;
    bob.do((ua, now) => ua.progress(event.session, { status: 180 }, now));
    if (event.callId !== "required") bob.do((ua, now) => ua.progress(event.session, { status: 183, sdp: SDP }, now));
  };
  const reliable = (callId: string): unknown[] =>
    far
      .responses()
      .filter((response) => headerOf(response, "call-id") === callId && response.status > 100)
      .map((response) => [response.status, headerOf(response, "require")]);
  for (const [callId, headers] of [
    ["none", []],
    ["supported", [SUPPORTED]],
    ["required", [REQUIRED]],
  ] as const) {
    far.send(asking(callId, headers), bob.here);
  }
  net.run(100);
  expect(reliable("none")).toEqual([
    [180, undefined],
    [183, undefined],
  ]);
  expect(reliable("supported")).toEqual([
    [180, undefined],
    [183, "100rel"],
  ]);
  expect(reliable("required")).toEqual([[180, "100rel"]]);
});

test("§3: a PRACK that acknowledges nothing of ours is 481, one without a readable RAck 400", () => {
  const net = new Net();
  const [ann, bob] = [net.agent(ANN), net.agent(BOB)];
  net.drop = (message) => message.kind === "request" && message.method === "PRACK";
  ann.call(BOB);
  net.run(100);
  bob.do((ua, now) => ua.progress(bob.of("invite")[0]!.session, { status: 183, sdp: SDP }, now));
  net.run(100);
  const prack = ann.sentRequests("PRACK")[0]!;
  const rack = headerOf(prack, "rack")!;
  const variants = [
    [rack.replace("INVITE", "UPDATE"), 481],
    [rack.replace(/^\d+/, (rseq) => String(Number(rseq) + 1)), 481],
    ["1 INVITE", 400],
    [rack, 200],
    [rack, 481],
  ] as const;
  for (const [i, [value, status]] of variants.entries()) {
    const headers = prack.headers.map((header) => {
      if (header.name === "RAck") return { ...header, value };
      if (header.name === "CSeq") return { ...header, value: `${10 + i} PRACK` };
      return header.name === "Via" ? { ...header, value: `${header.value}v${i}` } : header;
    });
    bob.ua.receive({ ok: true, message: { ...prack, headers }, size: 0 }, ann.here, net.nowMs);
    bob.flush();
    expect([value, bob.sentStatuses("PRACK").at(-1)]).toEqual([value, status]);
  }
});

test("§4: a gap in RSeq is not acknowledged; what is repeated is told once", () => {
  const net = new Net();
  const ann = net.agent(ANN);
  const send = (invite: SipRequest, far: Puppet, rseq: number, status: number): void => {
    const headers = [
      { name: "Contact", value: `<sip:far@${FAR}:5060>` },
      REQUIRED,
      { name: "RSeq", value: String(rseq) },
    ];
    far.send(makeResponse(invite, status, { toTag: "one", headers }), ann.here);
  };
  const far = new Puppet(net, FAR, (message, puppet, from) => {
    if (message.kind === "response") return;
    if (message.method !== "INVITE") return puppet.send(makeResponse(message, 200), from);
    for (const [rseq, status] of [
      [7, 180],
      [9, 183],
      [7, 180],
      [8, 181],
      [9, 183],
    ] as const) {
      send(message, puppet, rseq, status);
    }
  });
  ann.call(FAR);
  net.run(1_000);
  expect(ann.of("progress").map(({ status }) => status)).toEqual([180, 181, 183]);
  expect(far.requests("PRACK").map((prack) => headerOf(prack, "rack"))).toEqual([
    "7 1 INVITE",
    "8 1 INVITE",
    "9 1 INVITE",
  ]);
});

test("early media may change: every SDP of every branch is told, in order", () => {
  const net = new Net();
  const ann = net.agent(ANN);
  const early = (invite: SipRequest, tag: string, port: number) =>
    makeResponse(invite, 183, {
      toTag: tag,
      headers: [{ name: "Contact", value: `<sip:${tag}@${FAR}:5060>` }],
      body: textBody("application/sdp", SDP.replace("40000", String(port))),
    });
  new Puppet(net, FAR, (message, puppet) => {
    if (message.kind === "response" || message.method !== "INVITE") return;
    puppet.send(early(message, "ivr", 1000), ann.here);
    puppet.send(early(message, "ivr", 2000), ann.here);
    puppet.send(early(message, "queue", 3000), ann.here);
  });
  ann.call(FAR);
  net.run(100);
  expect(ann.of("progress").map(({ branch, sdp }) => [branch, /audio (\d+)/.exec(sdp ?? "")?.[1]])).toEqual([
    ["ivr", "1000"],
    ["ivr", "2000"],
    ["queue", "3000"],
  ]);
});
