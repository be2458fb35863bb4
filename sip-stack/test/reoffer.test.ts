/** Offers inside a session: re-INVITE both ways, UPDATE, glare (RFC 3261 §14, RFC 3311). */
import { expect, test } from "vitest";
import { headerOf } from "../src/message/message.ts";
import { type Agent, Net, SDP } from "./net.ts";

const HOLD = SDP.replace("m=audio", "a=sendonly\r\nm=audio");

function talking(): { net: Net; ann: Agent; bob: Agent; annSession: string; bobSession: string } {
  const net = new Net();
  const ann = net.agent("192.0.2.1");
  const bob = net.agent("192.0.2.2");
  bob.on = (event) => {
    if (event.type === "invite") bob.do((ua, now) => ua.accept(event.session, { sdp: SDP }, now));
  };
  const annSession = ann.call("192.0.2.2");
  net.run(1000);
  return { net, ann, bob, annSession, bobSession: bob.of("invite")[0]!.session };
}

function obliging(agent: Agent): void {
  agent.on = (event) => {
    if (event.type === "offer") agent.do((ua, now) => ua.answerOffer(event.session, { sdp: SDP }, now));
  };
}

test("RFC 3665 §3.7: a re-INVITE is offered, answered and acknowledged, in both directions", () => {
  const { net, ann, bob, annSession, bobSession } = talking();
  obliging(ann);
  obliging(bob);
  for (const [from, to, session] of [
    [ann, bob, annSession],
    [bob, ann, bobSession],
  ] as const) {
    expect(from.do((ua, now) => ua.offer(session, { sdp: HOLD }, now))).toBe(true);
    net.run(1000);
    expect(to.of("offer")).toMatchObject([{ sdp: HOLD }]);
    expect(from.of("offerAnswered")).toMatchObject([{ sdp: SDP }]);
  }
  expect(bob.of("confirmed")).toHaveLength(1);
  expect(ann.sentRequests("ACK")).toHaveLength(2);
});

test("a refused re-INVITE leaves the session as it was", () => {
  const { net, ann, bob, annSession } = talking();
  bob.on = (event) => {
    if (event.type !== "offer") return;
    bob.do((ua, now) => ua.answerOffer(event.session, { status: 488, reason: "Not Acceptable Here" }, now));
  };
  ann.do((ua, now) => ua.offer(annSession, { sdp: HOLD }, now));
  net.run(40_000);
  expect(ann.of("offerRefused")).toMatchObject([{ status: 488 }]);
  expect(ann.of("ended")).toEqual([]);
  expect(ann.do((ua, now) => ua.bye(annSession, [], now))).toBe(true);
});

test("§14.1 glare: crossing re-INVITEs both get 491, are tried again after a random wait, and both succeed", () => {
  const { net, ann, bob, annSession, bobSession } = talking();
  obliging(ann);
  obliging(bob);
  ann.do((ua, now) => ua.offer(annSession, { sdp: HOLD }, now));
  bob.do((ua, now) => ua.offer(bobSession, { sdp: HOLD }, now));
  net.run(100);
  expect(ann.sentStatuses("INVITE")).toEqual([491]);
  expect(bob.sentStatuses("INVITE").at(-1)).toBe(491);
  net.run(2_000);
  // The owner of the Call-ID waits 2.1 s at least, the other 2 s at most.
  expect(bob.of("offerAnswered")).toHaveLength(1);
  expect(ann.of("offerAnswered")).toHaveLength(0);
  net.run(2_200);
  expect(ann.of("offerAnswered")).toHaveLength(1);
  expect([...ann.of("offerRefused"), ...bob.of("offerRefused")]).toEqual([]);
});

test("§14.2: a second offer before the first is answered gets 500 with Retry-After", () => {
  const { net, ann, bob, annSession } = talking();
  ann.do((ua, now) => ua.offer(annSession, { sdp: HOLD }, now));
  net.run(100);
  expect(ann.do((ua, now) => ua.offer(annSession, { sdp: SDP }, now))).toBe(false);
  // What a peer without that rule would send: the same request with the next number.
  const again = ann.sentRequests("INVITE").at(-1)!;
  const headers = again.headers.map(({ name, value }) => {
    if (name === "CSeq") return { name, value: "3 INVITE" };
    return { name, value: name === "Via" ? value.replace("z9hG4bK", "z9hG4bKx") : value };
  });
  bob.ua.receive({ ok: true, message: { ...again, headers }, size: 0 }, ann.here, net.nowMs);
  bob.flush();
  const refusal = bob.sent.at(-1)!.message;
  expect(refusal).toMatchObject({ kind: "response", status: 500 });
  expect(Number(headerOf(refusal, "retry-after"))).toBeLessThanOrEqual(10);
  expect(bob.of("offer")).toHaveLength(1);
});

test("UPDATE: with SDP it is an offer, without it is answered at once (RFC 3311)", () => {
  const { net, ann, bob } = talking();
  obliging(bob);
  const invite = ann.sentRequests("ACK")[0]!;
  const update = (cseq: number, sdp: string) => ({
    ...invite,
    method: "UPDATE",
    body: Buffer.from(sdp),
    headers: [
      ...invite.headers
        .filter(({ name }) => name !== "Content-Length")
        .map(({ name, value }) => {
          if (name === "CSeq") return { name, value: `${cseq} UPDATE` };
          return { name, value: name === "Via" ? `${value}u${cseq}` : value };
        }),
      { name: "Contact", value: "<sip:ann@192.0.2.1:5060>" },
      ...(sdp === "" ? [] : [{ name: "Content-Type", value: "application/sdp" }]),
    ],
  });
  for (const [cseq, sdp] of [
    [5, ""],
    [6, HOLD],
  ] as const) {
    bob.ua.receive({ ok: true, message: update(cseq, sdp), size: 0 }, ann.here, net.nowMs);
    bob.flush();
  }
  expect(bob.of("offer")).toMatchObject([{ sdp: HOLD }]);
  expect(bob.sentStatuses("UPDATE")).toEqual([200, 200]);
});

test("a re-INVITE that nobody answers ends the session, told to both sides (§12.2.1.2)", () => {
  const { net, ann, bob, annSession } = talking();
  net.drop = (message) => message.kind === "request" && message.method === "INVITE";
  ann.do((ua, now) => ua.offer(annSession, { sdp: HOLD }, now));
  net.run(33_000);
  expect(ann.of("ended")).toMatchObject([{ cause: "transport" }]);
  expect(bob.of("ended")).toMatchObject([{ cause: "bye" }]);
});

test("BYE while their re-INVITE waits for our answer: the re-INVITE gets 487 (§15.1.2)", () => {
  const { net, ann, bob, annSession, bobSession } = talking();
  ann.do((ua, now) => ua.offer(annSession, { sdp: HOLD }, now));
  net.run(100);
  bob.do((ua, now) => ua.bye(bobSession, [], now));
  net.run(1000);
  expect(bob.sentStatuses("INVITE").at(-1)).toBe(487);
  expect(ann.of("ended")).toHaveLength(1);
  expect(bob.do((ua, now) => ua.answerOffer(bobSession, { sdp: SDP }, now))).toBe(false);
});
