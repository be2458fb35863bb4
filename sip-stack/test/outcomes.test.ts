/** What the events say of how a call went: contacts of a redirection, Retry-After, Reason; and calls that come back. */
import { expect, test } from "vitest";
import { makeResponse } from "../src/message/build.ts";
import { type Header, headerOf, type SipRequest } from "../src/message/message.ts";
import { Net, Puppet, SDP } from "./net.ts";
import { ANN, BOB, talking } from "./pair.ts";

const FAR = "192.0.2.9";

/** A call to a far end that answers its INVITE so. */
function refused(status: number, headers: readonly Header[]) {
  const net = new Net();
  const ann = net.agent(ANN);
  new Puppet(net, FAR, (message, puppet, from) => {
    if (message.kind === "request" && message.method === "INVITE") {
      puppet.send(makeResponse(message, status, { toTag: "far", headers }), from);
    }
  });
  ann.call(FAR);
  net.run(1_000);
  return ann.of("failed")[0]!;
}

test("§8.1.3.4: a 3xx tells its contacts, best first; what is no SIP or tel URI is left out", () => {
  const contacts = [
    "<sip:low@a.example>;q=0.1",
    "<mailto:x@y>",
    "<sip:best@b.example:5080;transport=tcp>;q=0.9",
    "tel:+15551234;q=0.9",
    "<sip:odd@c.example>;q=7",
  ];
  const failed = refused(
    302,
    contacts.map((value) => ({ name: "Contact", value })),
  );
  expect(failed).toMatchObject({ status: 302, cause: "response" });
  expect(failed.contacts).toEqual([
    { uri: "sip:best@b.example:5080;transport=tcp", q: 0.9 },
    { uri: "tel:+15551234", q: 0.9 },
    { uri: "sip:low@a.example", q: 0.1 },
    { uri: "sip:odd@c.example", q: 0 },
  ]);
  expect(refused(404, [{ name: "Contact", value: "<sip:x@y>" }]).contacts).toEqual([]);
});

test("RFC 3326: a refusal tells Retry-After, both causes and the text of its Reason headers, and all its headers", () => {
  const failed = refused(503, [
    { name: "Retry-After", value: "120 (full);duration=60" },
    { name: "Reason", value: 'Q.850;cause=34;text="No circuit"' },
    { name: "Reason", value: 'SIP;cause=486;text="Busy"' },
    { name: "X-Carrier", value: "7" },
  ]);
  expect(failed).toMatchObject({ retryAfterSecs: 120, q850: 34, sipCause: 486, reasonText: "No circuit" });
  expect(headerOf(failed, "x-carrier")).toBe("7");
});

test("RFC 3326: BYE and CANCEL tell why", () => {
  const net = new Net();
  const pair = talking({ net, ann: net.agent(ANN), bob: net.agent(BOB) });
  const { ann, bob, annSession } = pair;
  const reason = [{ name: "Reason", value: 'SIP;cause=200;text="Call completed elsewhere"' }];
  ann.do((ua, now) => ua.bye(annSession, reason, now));
  net.run(100);
  const told = { sipCause: 200, q850: undefined, reasonText: "Call completed elsewhere" };
  expect(bob.of("ended")).toMatchObject([{ cause: "bye", ...told }]);
  bob.on = () => undefined;
  const ringing = ann.call(BOB);
  net.run(100);
  ann.do((ua, now) => ua.cancel(ringing, reason, now));
  net.run(100);
  expect(bob.of("cancelled")).toMatchObject([{ cause: "cancel", ...told }]);
});

test("digits in INFO are told as digits, other bodies as they are", () => {
  const net = new Net();
  const { ann, bob, annSession } = talking({ net, ann: net.agent(ANN), bob: net.agent(BOB) });
  for (const [contentType, body] of [
    ["application/dtmf-relay", "Signal=5\r\nDuration=160\r\n"],
    ["application/media_control+xml", "<x/>"],
  ] as const) {
    ann.do((ua, now) => ua.info(annSession, { contentType, body }, now));
  }
  net.run(100);
  expect(bob.of("info").map(({ body, digit }) => [body, digit])).toEqual([
    ["Signal=5\r\nDuration=160\r\n", { digit: "5", durationMs: 160 }],
    ["<x/>", undefined],
  ]);
});

test("§16.3: an INVITE of ours that comes back to us is 482, whatever proxies made of it", () => {
  const net = new Net();
  const ann = net.agent(ANN);
  // A proxy that routes the number back to us, with and without our Via in what it sends.
  const statuses: number[] = [];
  new Puppet(net, FAR, (message, puppet) => {
    if (message.kind === "response") {
      statuses.push(message.status);
      return;
    }
    if (message.method !== "INVITE") return;
    for (const keepsVia of [true, false]) {
      const headers = message.headers.filter(({ name }) => name !== "Via" || keepsVia);
      const via = { name: "Via", value: `SIP/2.0/UDP ${FAR}:5060;branch=z9hG4bKproxy${keepsVia}` };
      const looped: SipRequest = { ...message, requestUri: `sip:other@${ANN}`, headers: [via, ...headers] };
      puppet.send(looped, ann.here);
    }
  });
  ann.call(FAR);
  net.run(400);
  expect(statuses).toEqual([482, 482]);
  expect(ann.of("invite")).toEqual([]);
});

test("§16.12.1.1: requests of ours follow Record-Route of the INVITE that came, in its order, strict routers too", () => {
  const net = new Net();
  const bob = net.agent(BOB);
  const far = new Puppet(net, FAR, (message, puppet, from) => {
    if (message.kind === "request" && message.method !== "ACK") puppet.send(makeResponse(message, 200), from);
  });
  bob.on = (event) => {
    if (event.type === "invite") bob.do((ua, now) => ua.accept(event.session, { sdp: SDP }, now));
  };
  for (const [i, { first, requestUri, routes }] of [
    { first: `<sip:${FAR};lr>`, requestUri: `sip:caller@${FAR}`, routes: [`<sip:${FAR};lr>`, "<sip:p2.example;lr>"] },
    { first: `<sip:${FAR}>`, requestUri: `sip:${FAR}`, routes: ["<sip:p2.example;lr>", `<sip:caller@${FAR}>`] },
  ].entries()) {
    const values: [string, string][] = [
      ["Via", `SIP/2.0/UDP ${FAR}:5060;branch=z9hG4bKrr${i}`],
      ["Record-Route", first],
      ["Record-Route", "<sip:p2.example;lr>"],
      ["From", "<sip:caller@far.example>;tag=f"],
      ["To", `<sip:bob@${BOB}>`],
      ["Call-ID", `rr${i}`],
      ["CSeq", "1 INVITE"],
      ["Contact", `<sip:caller@${FAR}>`],
      ["Content-Type", "application/sdp"],
    ];
    const headers = values.map(([name, value]) => ({ name, value }));
    far.send(
      { kind: "request", method: "INVITE", requestUri: `sip:bob@${BOB}`, headers, body: Buffer.from(SDP) },
      bob.here,
    );
    net.run(100);
    const ok = far.responses().findLast(({ status }) => status === 200)!;
    // §12.1.1: told back as it came.
    expect(ok.headers.filter(({ name }) => name === "Record-Route").map(({ value }) => value)).toEqual([
      first,
      "<sip:p2.example;lr>",
    ]);
    const ack = headers.filter(({ name }) => name !== "To" && name !== "CSeq" && name !== "Via");
    ack.push({ name: "Via", value: `SIP/2.0/UDP ${FAR}:5060;branch=z9hG4bKack${i}` });
    ack.push({ name: "To", value: headerOf(ok, "to")! }, { name: "CSeq", value: "1 ACK" });
    far.send(
      { kind: "request", method: "ACK", requestUri: `sip:bob@${BOB}`, headers: ack, body: new Uint8Array(0) },
      bob.here,
    );
    net.run(100);
    bob.do((ua, now) => ua.bye(bob.of("invite").at(-1)!.session, [], now));
    net.run(100);
    const bye = far.requests("BYE").at(-1)!;
    expect(bye.requestUri).toBe(requestUri);
    expect(bye.headers.filter(({ name }) => name === "Route").map(({ value }) => value)).toEqual(routes);
  }
});
