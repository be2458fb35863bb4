/** What strangers may try, and what it must not cost (RFC 3261 §8.2, §12.2.2, §9.2, §22). */
import { expect, test } from "vitest";
import { makeResponse, textBody } from "../src/message/build.ts";
import { headerOf, type SipRequest } from "../src/message/message.ts";
import type { UserAgentHooks } from "../src/ua/types.ts";
import { Net, Puppet, SDP } from "./net.ts";

const FAR = "198.51.100.66";
const CREDENTIALS = { username: "trunk", password: "secret" };

function request(
  method: string,
  more: { branch?: string; toTag?: string; fromTag?: string; callId?: string; cseq?: number } = {},
): SipRequest {
  const { branch = `${method}1`, toTag, fromTag = "f1", callId = "x1", cseq = 1 } = more;
  return {
    kind: "request",
    method,
    requestUri: "sip:anyone@192.0.2.1",
    headers: [
      { name: "Via", value: `SIP/2.0/UDP ${FAR}:5060;branch=z9hG4bK${branch}` },
      { name: "Max-Forwards", value: "70" },
      { name: "From", value: `<sip:stranger@${FAR}>;tag=${fromTag}` },
      { name: "To", value: `<sip:anyone@192.0.2.1>${toTag === undefined ? "" : `;tag=${toTag}`}` },
      { name: "Call-ID", value: callId },
      { name: "CSeq", value: `${cseq} ${method}` },
      { name: "Contact", value: `<sip:stranger@${FAR}:5060>` },
    ],
    body: new Uint8Array(0),
  };
}

function refusing(status = 403): UserAgentHooks {
  return { screen: () => ({ type: "refuse", status, reason: "Forbidden" }), password: () => undefined };
}

test("a peer that challenges without end gets two INVITEs and no more", () => {
  const net = new Net();
  const ann = net.agent("192.0.2.1");
  let nonce = 0;
  const far = new Puppet(net, FAR, (message, puppet, from) => {
    if (message.kind !== "request" || message.method === "ACK") return;
    const value = `Digest realm="trap", nonce="n${nonce++}", stale=true, algorithm=MD5, qop="auth"`;
    puppet.send(makeResponse(message, 401, { toTag: "t", headers: [{ name: "WWW-Authenticate", value }] }), from);
  });
  ann.call(FAR, { credentials: CREDENTIALS });
  net.run(60_000);
  expect(far.requests("INVITE")).toHaveLength(2);
  expect(ann.of("failed")).toMatchObject([{ cause: "response", status: 401 }]);
});

test("RFC 3665 §3.3: a challenged INVITE is sent again with credentials, next CSeq, same Call-ID", () => {
  const net = new Net();
  const ann = net.agent("192.0.2.1");
  const far = new Puppet(net, FAR, (message, puppet, from) => {
    if (message.kind !== "request" || message.method === "ACK") return;
    const isProved = headerOf(message, "proxy-authorization") !== undefined;
    const headers = isProved
      ? [{ name: "Contact", value: `<sip:far@${FAR}:5060>` }]
      : [{ name: "Proxy-Authenticate", value: 'Digest realm="trunk", nonce="n", algorithm=SHA-256, qop="auth"' }];
    puppet.send(
      makeResponse(message, isProved ? 200 : 407, { toTag: "t", headers, body: textBody("application/sdp", SDP) }),
      from,
    );
  });
  const session = ann.call(FAR, { credentials: CREDENTIALS });
  net.run(1000);
  expect(ann.of("answered")).toHaveLength(1);
  const [first, second] = far.requests("INVITE");
  expect(headerOf(second!, "call-id")).toBe(headerOf(first!, "call-id"));
  expect(headerOf(second!, "cseq")).toBe("2 INVITE");
  // §22.1: the ACK to the 2xx carries the same credentials.
  expect(headerOf(far.requests("ACK").at(-1)!, "proxy-authorization")).toBe(headerOf(second!, "proxy-authorization"));
  ann.do((ua, now) => ua.bye(session, [], now));
  net.run(1000);
  // In the dialog the same realm may ask again.
  const byes = far.requests("BYE");
  expect(byes).toHaveLength(2);
  expect(headerOf(byes[1]!, "cseq")).toBe("4 BYE");
});

test("no credentials leave for a realm that the INVITE was not asked by, nor on calls that came in", () => {
  const net = new Net();
  const ann = net.agent("192.0.2.1");
  const far = new Puppet(net, FAR, (message, puppet, from) => {
    if (message.kind !== "request" || message.method === "ACK") return;
    const isInvite = message.method === "INVITE";
    const trap = { name: "WWW-Authenticate", value: 'Digest realm="trap", nonce="n", algorithm=MD5, qop="auth"' };
    const contact = { name: "Contact", value: `<sip:far@${FAR}:5060>` };
    const body = textBody("application/sdp", SDP);
    puppet.send(
      makeResponse(message, isInvite ? 200 : 401, { toTag: "t", headers: [isInvite ? contact : trap], body }),
      from,
    );
  });
  const session = ann.call(FAR, { credentials: CREDENTIALS });
  net.run(1000);
  ann.do((ua, now) => ua.info(session, { contentType: "text/plain", body: "hi" }, now));
  ann.do((ua, now) => ua.bye(session, [], now));
  net.run(5000);
  expect(far.requests("BYE")).toHaveLength(1);
  expect(far.requests("INFO")).toHaveLength(1);
  for (const message of far.received) expect(headerOf(message, "authorization")).toBeUndefined();
});

test("refusals are stateless: 400 INVITEs of strangers leave nothing, repeats get the same To tag (§8.2.7)", () => {
  const net = new Net();
  const ann = net.agent("192.0.2.1", { hooks: refusing() });
  const far = new Puppet(net, FAR);
  for (let i = 0; i < 400; i++) far.send(request("INVITE", { branch: `${i}`, callId: `c${i}` }), ann.here);
  far.send(request("INVITE", { branch: "0", callId: "c0" }), ann.here);
  net.run(1000);
  expect(ann.ua.counters()).toMatchObject({ transactions: 0, sessions: 0, dialogs: 0, deadlines: 0 });
  const answers = far.responses();
  expect(answers).toHaveLength(401);
  expect(headerOf(answers[400]!, "to")).toBe(headerOf(answers[0]!, "to"));
});

test("a flood of refused requests draws at most a burst of answers, other addresses go on", () => {
  const net = new Net();
  const ann = net.agent("192.0.2.1", { hooks: refusing() });
  const far = new Puppet(net, FAR);
  const other = new Puppet(net, "203.0.113.9");
  for (let i = 0; i < 3000; i++) far.send(request("OPTIONS", { branch: `${i}`, cseq: i }), ann.here);
  other.send(request("OPTIONS"), ann.here);
  net.run(100);
  expect(far.responses()).toHaveLength(500);
  expect(other.responses()).toHaveLength(1);
  expect(ann.ua.counters()).toMatchObject({ refusalsWithheld: 2500, transactions: 0 });
});

test("every method of a stranger is asked for and refused", () => {
  const net = new Net();
  const ann = net.agent("192.0.2.1", { hooks: refusing() });
  const far = new Puppet(net, FAR);
  for (const method of ["INVITE", "OPTIONS", "REGISTER", "BYE", "INFO", "UPDATE", "SUBSCRIBE", "NOTIFY"]) {
    far.send(request(method), ann.here);
    net.run(100);
    expect([method, far.responses().at(-1)?.status]).toEqual([method, 403]);
  }
});

test("methods that need a dialog, or that we do not have, get the answer their RFC names", () => {
  const net = new Net();
  const ann = net.agent("192.0.2.1");
  const far = new Puppet(net, FAR);
  const expected = {
    BYE: 481,
    INFO: 481,
    UPDATE: 481,
    NOTIFY: 481,
    SUBSCRIBE: 489,
    PRACK: 481,
    MESSAGE: 405,
    REFER: 403,
    FROBNICATE: 501,
  };
  for (const [method, status] of Object.entries(expected)) {
    far.send(request(method), ann.here);
    net.run(100);
    expect([method, far.responses().at(-1)?.status]).toEqual([method, status]);
  }
  expect(headerOf(far.responses().at(-1)!, "allow")).toContain("INVITE");
  expect(ann.events).toEqual([]);
});

test("OPTIONS is answered with Allow, Accept and Supported (§11.2)", () => {
  const net = new Net();
  const ann = net.agent("192.0.2.1");
  const far = new Puppet(net, FAR);
  far.send(request("OPTIONS"), ann.here);
  net.run(100);
  const [response] = far.responses();
  expect(response?.status).toBe(200);
  expect(headerOf(response!, "allow")).toContain("UPDATE");
  expect(headerOf(response!, "accept")).toBe("application/sdp");
  expect(headerOf(response!, "supported")).toBe("100rel, timer, replaces, norefersub");
});

test("in-dialog requests with a wrong tag are 481 and change nothing; an old CSeq is 500 (§12.2.2)", () => {
  const net = new Net();
  const bob = net.agent("192.0.2.1");
  bob.on = (event) => {
    if (event.type === "invite") bob.do((ua, now) => ua.accept(event.session, { sdp: SDP }, now));
  };
  const far = new Puppet(net, FAR);
  far.send(request("INVITE", { cseq: 10 }), bob.here);
  net.run(100);
  const ok = far.responses().find(({ status }) => status === 200)!;
  const toTag = headerOf(ok, "to")!.split("tag=")[1]!;
  far.send(request("ACK", { cseq: 10, toTag }), bob.here);
  const statusOf = (method: string, more: Parameters<typeof request>[1]): number | undefined => {
    far.send(request(method, more), bob.here);
    net.run(100);
    return far.responses().at(-1)?.status;
  };
  expect(statusOf("BYE", { branch: "b1", toTag: `${toTag}x`, cseq: 11 })).toBe(481);
  expect(statusOf("BYE", { branch: "b2", toTag, fromTag: "guess", cseq: 11 })).toBe(481);
  expect(statusOf("BYE", { branch: "b3", toTag, cseq: 9 })).toBe(500);
  expect(bob.of("ended")).toEqual([]);
  expect(statusOf("BYE", { branch: "b4", toTag, cseq: 11 })).toBe(200);
  expect(bob.of("ended")).toHaveLength(1);
});

test("CANCEL from another address than the INVITE's is 481 and cancels nothing (§9.1)", () => {
  const net = new Net();
  const bob = net.agent("192.0.2.1");
  const far = new Puppet(net, FAR);
  const thief = new Puppet(net, "203.0.113.9");
  far.send(request("INVITE", { branch: "i" }), bob.here);
  net.run(100);
  thief.send(request("CANCEL", { branch: "i" }), bob.here);
  net.run(100);
  expect(thief.responses().map(({ status }) => status)).toEqual([481]);
  expect(bob.of("cancelled")).toEqual([]);
  far.send(request("CANCEL", { branch: "i" }), bob.here);
  net.run(100);
  expect(bob.of("cancelled")).toHaveLength(1);
  expect(far.responses().map(({ status }) => status)).toEqual([100, 200, 487]);
});

test("a merged request is 482 (§8.2.2.2)", () => {
  const net = new Net();
  const bob = net.agent("192.0.2.1");
  const far = new Puppet(net, FAR);
  far.send(request("INVITE", { branch: "left" }), bob.here);
  far.send(request("INVITE", { branch: "right" }), bob.here);
  net.run(100);
  expect(far.responses().map(({ status }) => status)).toEqual([100, 482]);
  expect(bob.of("invite")).toHaveLength(1);
});

test("over the cap of unanswered calls an address gets 503 with Retry-After; others are served", () => {
  const net = new Net();
  const bob = net.agent("192.0.2.1", { limits: { pendingPerSource: 3 } });
  const far = new Puppet(net, FAR);
  const other = new Puppet(net, "203.0.113.9");
  for (let i = 0; i < 5; i++) far.send(request("INVITE", { branch: `${i}`, callId: `c${i}` }), bob.here);
  other.send(request("INVITE", { branch: "o", callId: "o" }), bob.here);
  net.run(100);
  expect(far.responses().map(({ status }) => status)).toEqual([100, 100, 100, 503, 503]);
  expect(headerOf(far.responses().at(-1)!, "retry-after")).toBe("5");
  expect(other.responses().map(({ status }) => status)).toEqual([100]);
});

test("garbage, stray responses and stray ACKs are counted and dropped", () => {
  const net = new Net();
  const bob = net.agent("192.0.2.1");
  const far = new Puppet(net, FAR);
  far.send("\x00\x01\x02", bob.here);
  far.send("HELLO\r\n\r\n", bob.here);
  far.send(makeResponse(request("BYE"), 200), bob.here);
  far.send(request("ACK", { toTag: "t" }), bob.here);
  far.send(request("ACK"), bob.here);
  net.run(100);
  expect(far.received).toEqual([]);
  expect(bob.ua.counters()).toMatchObject({ malformed: 2, strayResponses: 1, strayAcks: 2, transactions: 0 });
});

test("a malformed INVITE that can be answered gets 400 and leaves nothing", () => {
  const net = new Net();
  const bob = net.agent("192.0.2.1");
  const far = new Puppet(net, FAR);
  const invite = request("INVITE");
  far.send(
    { ...invite, headers: invite.headers.map((h) => (h.name === "CSeq" ? { ...h, value: "1 BYE" } : h)) },
    bob.here,
  );
  net.run(100);
  expect(far.responses().map(({ status }) => status)).toEqual([400]);
  expect(bob.ua.counters()).toMatchObject({ transactions: 0, sessions: 0 });
});

test("answers go to the source port only when rport asks for it (§18.2.2, RFC 3581 §4)", () => {
  const net = new Net();
  const bob = net.agent("192.0.2.1");
  const plain = request("OPTIONS", { branch: "p", cseq: 1 });
  const asking = request("OPTIONS", { branch: "q", cseq: 2 });
  const source = { transport: "udp", address: FAR, port: 40_000 } as const;
  const headers = asking.headers.map((h) => (h.name === "Via" ? { ...h, value: `${h.value};rport` } : h));
  for (const message of [plain, { ...asking, headers }]) bob.ua.receive({ ok: true, message, size: 0 }, source, 0);
  bob.flush();
  expect(bob.sent.map(({ to }) => to.port)).toEqual([5060, 40_000]);
  expect(headerOf(bob.sent[1]!.message, "via")).toContain(`rport=40000`);
  expect(headerOf(bob.sent[1]!.message, "via")).toContain(`received=${FAR}`);
});
