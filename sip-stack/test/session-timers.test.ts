/** Session timers (RFC 4028) between two agents over a link with 10 % loss. */
import { describe, expect, test } from "vitest";
import { makeResponse, textBody } from "../src/message/build.ts";
import { type Header, headerOf, type SipMessage, type SipRequest } from "../src/message/message.ts";
import type { SessionTimers } from "../src/ua/types.ts";
import { type Agent, Net, Puppet, SDP } from "./net.ts";
import { ANN, BOB, hangUp, lossyPair, obliging, SEEDS, talking } from "./pair.ts";

const ask = (expirySecs: number): SessionTimers => ({ mode: "require", expirySecs });
const OFF: SessionTimers = { mode: "off", expirySecs: 1800 };

const HOUR_MS = 3_600_000;

function refreshes(agent: Agent): string[] {
  // Repeats of a request carry the same CSeq.
  const isInDialog = (request: SipRequest): boolean => headerOf(request, "to")?.includes("tag=") === true;
  const requests = [...agent.sentRequests("UPDATE"), ...agent.sentRequests("INVITE").filter(isInDialog)];
  return [...new Set(requests.map((request) => headerOf(request, "cseq") ?? ""))];
}

function withoutUpdate(agent: Agent): void {
  const receive = agent.ua.receive.bind(agent.ua);
  agent.ua.receive = (result, source, nowMs) => {
    if (!result.ok) return receive(result, source, nowMs);
    const headers = result.message.headers.map((header) =>
      header.name === "Allow" ? { ...header, value: header.value.replace(" UPDATE,", "") } : header,
    );
    const message: SipMessage = { ...result.message, headers };
    receive({ ...result, message }, source, nowMs);
  };
}

describe.each(SEEDS)("with one packet in ten lost, seed %i", (seed) => {
  test("§10: who was made the refresher sends UPDATE at half time; the session lives for hours and ends by BYE", () => {
    const pair = talking(lossyPair(seed, { ann: { sessionTimers: ask(600) } }));
    const { net, ann, bob, annSession } = pair;
    net.run(2 * HOUR_MS);
    expect([...ann.of("ended"), ...bob.of("ended")]).toEqual([]);
    // The callee leaves it to the caller (§9), which refreshes every 300 s.
    const count = refreshes(ann).length;
    expect(count).toBeGreaterThanOrEqual(23);
    expect(count).toBeLessThanOrEqual(25);
    expect(refreshes(bob)).toEqual([]);
    expect(ann.of("offerAnswered")).toEqual([]);
    hangUp(pair, annSession);
  });

  test("§9: asked for by the callee alone, the callee refreshes", () => {
    const pair = talking(lossyPair(seed, { bob: { sessionTimers: ask(600) } }));
    const { net, ann, bob, annSession } = pair;
    net.run(HOUR_MS);
    expect([...ann.of("ended"), ...bob.of("ended")]).toEqual([]);
    expect(refreshes(bob).length).toBeGreaterThanOrEqual(11);
    expect(refreshes(ann)).toEqual([]);
    hangUp(pair, annSession);
  });

  test("§7.4: a peer that does not know UPDATE is refreshed by a re-INVITE with the same SDP", () => {
    const pair = talking(lossyPair(seed, { ann: { sessionTimers: ask(600) } }));
    const { net, ann, bob, annSession } = pair;
    withoutUpdate(ann);
    obliging(bob);
    // What the peer allows is learnt anew with the answer to this.
    ann.do((ua, now) => ua.offer(annSession, { sdp: SDP }, now));
    net.run(40_000);
    ann.sent.length = 0;
    const told = ann.of("offerAnswered").length;
    net.run(HOUR_MS);
    expect(ann.of("ended")).toEqual([]);
    expect(new Set(ann.sentRequests("INVITE").map((request) => Buffer.from(request.body).toString()))).toEqual(
      new Set([SDP]),
    );
    expect(ann.of("offerAnswered")).toHaveLength(told);
    hangUp(pair, annSession);
  });

  test("§10: a peer that vanishes ends the session on the side that waits for a refresh, before the interval is over", () => {
    const pair = talking(lossyPair(seed, { ann: { sessionTimers: ask(600) } }));
    const { net, ann, bob } = pair;
    const fromMs = net.nowMs;
    net.drop = (_message, to) => to.address === BOB;
    let endedAtMs = 0;
    bob.on = (event) => {
      if (event.type === "ended") endedAtMs = net.nowMs;
    };
    net.run(601_000);
    expect(bob.of("ended")).toMatchObject([{ cause: "sessionExpired" }]);
    // 600 - min(32, 200) s after the 2xx, which went out less than 40 s before.
    expect(endedAtMs - fromMs).toBeGreaterThan((568 - 40) * 1000);
    expect(endedAtMs - fromMs).toBeLessThanOrEqual(568_000);
    expect(bob.sentRequests("BYE").length).toBeGreaterThan(0);
    // The refresher hears nothing either.
    expect(ann.of("ended")).toHaveLength(1);
  });
});

const FAR = "192.0.2.9";

test("§7.3: a 422 is answered by the INVITE once more with its Min-SE, the same Call-ID and the next CSeq", () => {
  const net = new Net();
  const ann = net.agent(ANN, { sessionTimers: ask(90) });
  const far = new Puppet(net, FAR, (message, puppet, from) => {
    if (message.kind === "response" || message.method === "ACK") return;
    const secs = Number(headerOf(message, "session-expires")?.split(";")[0] ?? 0);
    if (secs < 300) {
      puppet.send(makeResponse(message, 422, { toTag: "p", headers: [{ name: "Min-SE", value: "300" }] }), from);
      return;
    }
    const headers = [
      { name: "Contact", value: `<sip:far@${FAR}:5060>` },
      { name: "Session-Expires", value: "300;refresher=uas" },
    ];
    puppet.send(makeResponse(message, 200, { toTag: "p", headers, body: textBody("application/sdp", SDP) }), from);
  });
  ann.call(FAR);
  net.run(1_000);
  const seen = far
    .requests("INVITE")
    .map((invite) => ["session-expires", "min-se", "cseq"].map((n) => headerOf(invite, n)));
  expect(seen).toEqual([
    ["90", undefined, "1 INVITE"],
    ["300", "300", "2 INVITE"],
  ]);
  expect(new Set(far.requests("INVITE").map((invite) => headerOf(invite, "call-id"))).size).toBe(1);
  expect(ann.of("answered")).toHaveLength(1);
  // refresher=uas: theirs to do. It never comes.
  net.run(269_000);
  expect(ann.of("ended")).toMatchObject([{ cause: "sessionExpired" }]);
});

test("§7.3: a peer that demands more every time is not followed for ever", () => {
  const net = new Net();
  const ann = net.agent(ANN, { sessionTimers: ask(90) });
  let leastSecs = 100;
  const far = new Puppet(net, FAR, (message, puppet, from) => {
    if (message.kind === "response" || message.method !== "INVITE") return;
    const headers = [{ name: "Min-SE", value: String(leastSecs++) }];
    puppet.send(makeResponse(message, 422, { toTag: "p", headers }), from);
  });
  ann.call(FAR);
  net.run(10_000);
  expect(far.requests("INVITE")).toHaveLength(5);
  expect(ann.of("failed")).toMatchObject([{ status: 422 }]);
});

test("§9: an interval under 90 s is refused with 422 and Min-SE, before anybody is told", () => {
  const net = new Net();
  const bob = net.agent(BOB);
  const far = new Puppet(net, FAR);
  far.send(inviteWith([{ name: "Session-Expires", value: "60" }]), bob.here);
  net.run(100);
  expect(far.responses().map((response) => [response.status, headerOf(response, "min-se")])).toEqual([[422, "90"]]);
  expect(bob.events).toEqual([]);
});

test.each([
  ["timer", "1000", "1000;refresher=uac", "timer"],
  ["timer", "1000;refresher=uas", "1000;refresher=uas", "timer"],
  ["timer", "7200", "1800;refresher=uac", "timer"],
  ["none", "1000;refresher=uac", "1000;refresher=uas", undefined],
])("§9, table 2: Supported %s, Session-Expires %s is granted as %s", (supported, asked, granted, required) => {
  const net = new Net();
  const bob = net.agent(BOB);
  const far = new Puppet(net, FAR);
  bob.on = (event) => {
    if (event.type === "invite") bob.do((ua, now) => ua.accept(event.session, { sdp: SDP }, now));
  };
  far.send(
    inviteWith([
      { name: "Session-Expires", value: asked },
      { name: "Supported", value: supported },
    ]),
    bob.here,
  );
  net.run(100);
  const ok = far.responses().find(({ status }) => status === 200);
  expect(headerOf(ok!, "session-expires")).toBe(granted);
  expect(headerOf(ok!, "require")).toBe(required);
});

test("with timers off they are neither offered nor kept, and requiring them is 420", () => {
  const net = new Net();
  const bob = net.agent(BOB, { sessionTimers: OFF });
  const far = new Puppet(net, FAR);
  far.send(inviteWith([{ name: "Require", value: "timer" }]), bob.here);
  net.run(100);
  expect(far.responses().map((response) => [response.status, headerOf(response, "unsupported")])).toEqual([
    [420, "timer"],
  ]);
  bob.call(FAR);
  const invite = bob.sentRequests("INVITE")[0]!;
  expect(headerOf(invite, "supported")).not.toContain("timer");
  expect(headerOf(invite, "session-expires")).toBeUndefined();
});

test("per call: one that requires timers runs them alone where the peer knows none (§7.2)", () => {
  const net = new Net();
  const [ann, bob] = [net.agent(ANN), net.agent(BOB, { sessionTimers: OFF })];
  obliging(bob);
  const oblige = bob.on;
  bob.on = (event) => {
    if (event.type === "invite") bob.do((ua, now) => ua.accept(event.session, { sdp: SDP }, now));
    else oblige(event);
  };
  const session = ann.call(BOB, { sessionTimers: ask(200) });
  net.run(1_000_000);
  expect(refreshes(ann).length).toBeGreaterThanOrEqual(9);
  expect(ann.of("ended")).toEqual([]);
  hangUp({ net, ann, bob }, session);
});

function inviteWith(headers: readonly Header[]): SipRequest {
  return {
    kind: "request",
    method: "INVITE",
    requestUri: `sip:bob@${BOB}`,
    headers: [
      { name: "Via", value: `SIP/2.0/UDP ${FAR}:5060;branch=z9hG4bKhand` },
      { name: "From", value: `<sip:far@${FAR}>;tag=f` },
      { name: "To", value: `<sip:bob@${BOB}>` },
      { name: "Call-ID", value: "by-hand" },
      { name: "CSeq", value: "1 INVITE" },
      { name: "Contact", value: `<sip:far@${FAR}>` },
      { name: "Content-Type", value: "application/sdp" },
      ...headers,
    ],
    body: Buffer.from(SDP),
  };
}
