/** One INVITE, several answers (RFC 3261 §13.2.2.4), from a far end made by hand. */
import { expect, test } from "vitest";
import { makeResponse, textBody } from "../src/message/build.ts";
import { headerOf, type SipRequest } from "../src/message/message.ts";
import { type Agent, Net, Puppet, SDP } from "./net.ts";

const FAR = "192.0.2.9";

/** Response of the branch with that tag, whose Contact is at FAR too. */
function answer(invite: SipRequest, status: number, tag: string, sdp?: string) {
  return makeResponse(invite, status, {
    toTag: tag,
    headers: [{ name: "Contact", value: `<sip:${tag}@${FAR}:5060>` }],
    body: sdp === undefined ? undefined : textBody("application/sdp", sdp),
  });
}

function world(act: (invite: SipRequest, puppet: Puppet, agent: Agent) => void): { net: Net; ann: Agent; far: Puppet } {
  const net = new Net();
  const ann = net.agent("192.0.2.1");
  const far = new Puppet(net, FAR, (message, puppet, from) => {
    if (message.kind === "response" || message.method === "ACK") return;
    if (message.method === "INVITE") act(message, puppet, ann);
    else puppet.send(makeResponse(message, 200), from);
  });
  return { net, ann, far };
}

test("early dialogs of two forks are told apart by branch", () => {
  const { net, ann } = world((invite, far, { here }) => {
    far.send(answer(invite, 180, "left"), here);
    far.send(answer(invite, 183, "right", SDP), here);
  });
  ann.call(FAR);
  net.run(100);
  expect(ann.of("progress").map(({ branch, status }) => [branch, status])).toEqual([
    ["left", 180],
    ["right", 183],
  ]);
});

test("the first 2xx is the call; the second is acknowledged and ended by BYE in its own dialog", () => {
  const { net, ann, far } = world((invite, puppet, { here }) => {
    puppet.send(answer(invite, 180, "left"), here);
    puppet.send(answer(invite, 200, "right", SDP), here);
    puppet.send(answer(invite, 200, "left", SDP), here);
  });
  const session = ann.call(FAR);
  net.run(1000);
  expect(ann.of("answered")).toMatchObject([{ branch: "right" }]);
  expect(far.requests("ACK").map(({ requestUri }) => requestUri)).toEqual([
    `sip:right@${FAR}:5060`,
    `sip:left@${FAR}:5060`,
  ]);
  expect(far.requests("BYE").map(({ requestUri }) => requestUri)).toEqual([`sip:left@${FAR}:5060`]);
  expect(headerOf(far.requests("BYE")[0]!, "cseq")).toBe("2 BYE");
  ann.do((ua, now) => ua.bye(session, [], now));
  net.run(1000);
  expect(far.requests("BYE").at(-1)?.requestUri).toBe(`sip:right@${FAR}:5060`);
});

test("a repeated 2xx draws the same ACK again and no second event", () => {
  const { net, ann, far } = world((invite, puppet, { here }) => {
    for (let i = 0; i < 3; i++) puppet.send(answer(invite, 200, "one", SDP), here);
  });
  ann.call(FAR);
  net.run(1000);
  expect(ann.of("answered")).toHaveLength(1);
  const acks = far.requests("ACK");
  expect(acks).toHaveLength(3);
  expect(new Set(acks.map((ack) => headerOf(ack, "via"))).size).toBe(1);
});

test("requests follow the route set of the 2xx, loose or strict (§12.2.1.1)", () => {
  for (const [route, requestUri, routes] of [
    [`<sip:${FAR};lr>`, `sip:one@${FAR}:5060`, [`<sip:${FAR};lr>`]],
    [`<sip:${FAR}>`, `sip:${FAR}`, [`<sip:one@${FAR}:5060>`]],
  ] as const) {
    const { net, ann, far } = world((invite, puppet, { here }) => {
      const response = answer(invite, 200, "one", SDP);
      puppet.send({ ...response, headers: [...response.headers, { name: "Record-Route", value: route }] }, here);
    });
    ann.call(FAR);
    net.run(1000);
    const [ack] = far.requests("ACK");
    expect(ack?.requestUri).toBe(requestUri);
    expect(ack?.headers.filter(({ name }) => name === "Route").map(({ value }) => value)).toEqual(routes);
  }
});

test("a callee behind a NAT is answered where it was seen, not at its private Contact", () => {
  const { net, ann, far } = world((invite, puppet, { here }) => {
    const response = makeResponse(invite, 200, {
      toTag: "nat",
      headers: [{ name: "Contact", value: "<sip:phone@10.0.0.7:5062>" }],
      body: textBody("application/sdp", SDP),
    });
    puppet.send(response, here);
  });
  ann.call(FAR);
  net.run(1000);
  expect(far.requests("ACK").map(({ requestUri }) => requestUri)).toEqual(["sip:phone@10.0.0.7:5062"]);
});
