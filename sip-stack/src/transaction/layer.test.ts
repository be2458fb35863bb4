import { expect, test } from "vitest";
import { makeResponse } from "../message/build.ts";
import type { SipRequest, SipResponse } from "../message/message.ts";
import { Deadlines } from "../ua/deadlines.ts";
import type { Hop } from "../ua/hop.ts";
import type { TransportName } from "../ua/types.ts";
import { type Envelope, readEnvelope } from "./keys.ts";
import { Transactions } from "./layer.ts";
import type { TransactionWake } from "./transaction.ts";

/** One layer, its sendings on record as `ms what`. */
class Rig {
  nowMs = 0;
  readonly log: string[] = [];
  readonly deadlines = new Deadlines<TransactionWake<string>>();
  readonly layer = new Transactions<string>(this.deadlines, {
    send: (bytes) =>
      this.log.push(`${this.nowMs} send ${Buffer.from(bytes).toString().split(" SIP/2.0", 1)[0]?.split("\r\n", 1)[0]}`),
    response: (_, response) => this.log.push(`${this.nowMs} pass ${response.status}`),
    failed: (_, cause) => this.log.push(`${this.nowMs} failed ${cause}`),
    ack: () => this.log.push(`${this.nowMs} pass ACK`),
    terminated: () => this.log.push(`${this.nowMs} terminated`),
  });

  run(untilMs: number): void {
    for (;;) {
      const nextMs = this.deadlines.nextMs();
      if (nextMs === undefined || nextMs > untilMs) break;
      this.nowMs = Math.max(this.nowMs, nextMs);
      const wake = this.deadlines.popDue(this.nowMs);
      if (wake !== undefined) this.layer.fire(wake, this.nowMs);
    }
    this.nowMs = untilMs;
  }

  take(): string[] {
    return this.log.splice(0);
  }
}

const hop = (transport: TransportName = "udp"): Hop => ({ transport, address: "192.0.2.2", port: 5060 });

function request(
  method: string,
  more: { branch?: string; cseq?: number; toTag?: string; fromTag?: string } = {},
): SipRequest {
  const { branch = "z9hG4bKabc", cseq = 1, toTag = "", fromTag = "f1" } = more;
  return {
    kind: "request",
    method,
    requestUri: "sip:bob@192.0.2.2",
    headers: [
      { name: "Via", value: `SIP/2.0/UDP 192.0.2.1:5060${branch === "" ? "" : `;branch=${branch}`}` },
      { name: "From", value: `<sip:alice@192.0.2.1>;tag=${fromTag}` },
      { name: "To", value: `<sip:bob@192.0.2.2>${toTag === "" ? "" : `;tag=${toTag}`}` },
      { name: "Call-ID", value: "c1" },
      { name: "CSeq", value: `${cseq} ${method}` },
    ],
    body: new Uint8Array(0),
  };
}

function envelopeOf(message: SipRequest | SipResponse): Envelope {
  const envelope = readEnvelope(message);
  if (envelope === undefined) throw new Error("no envelope");
  return envelope;
}

const times = (log: string[], what: string): number[] =>
  log.filter((line) => line.includes(what)).map((line) => Number(line.split(" ", 1)[0]));

function startClient(rig: Rig, method: string, transport: TransportName = "udp") {
  return rig.layer.startClient(request(method), "z9hG4bKabc", { peer: hop(transport), owner: "me" }, rig.nowMs);
}

function respondTo(rig: Rig, sent: SipRequest, status: number): boolean {
  const response = makeResponse(sent, status, { toTag: "t1" });
  return rig.layer.receiveResponse(response, envelopeOf(response), rig.nowMs);
}

test("timer E: a BYE is repeated after 0.5, 1, 2, then every 4 s; timer F ends it at 32 s (RFC 3261 §17.1.2.2)", () => {
  const rig = new Rig();
  startClient(rig, "BYE");
  rig.run(40_000);
  expect(times(rig.log, "send")).toEqual([0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
  expect(rig.log.at(-2)).toBe("32000 failed timeout");
  expect(rig.layer.size).toBe(0);
});

test("a provisional slows a non-INVITE down to one repeat in 4 s (§17.1.2.2)", () => {
  const rig = new Rig();
  const { request: sent } = startClient(rig, "INFO");
  rig.run(100);
  respondTo(rig, sent, 100);
  rig.run(12_000);
  expect(times(rig.log, "send")).toEqual([0, 500, 4500, 8500]);
});

test("timer K: repeated finals of a non-INVITE are absorbed for 5 s, then stray (§17.1.2.2)", () => {
  const rig = new Rig();
  const { request: sent } = startClient(rig, "BYE");
  expect(respondTo(rig, sent, 200)).toBe(true);
  expect(respondTo(rig, sent, 200)).toBe(true);
  expect(rig.take().filter((line) => line.includes("pass"))).toEqual(["0 pass 200"]);
  rig.run(5000);
  expect(rig.take()).toEqual(["5000 terminated"]);
  expect(respondTo(rig, sent, 200)).toBe(false);
});

test("timer D: every repeated failure of an INVITE is acknowledged again, the user hears it once (§17.1.1.2)", () => {
  const rig = new Rig();
  const { request: sent } = startClient(rig, "INVITE");
  respondTo(rig, sent, 486);
  respondTo(rig, sent, 486);
  expect(rig.take()).toEqual([
    "0 send INVITE sip:bob@192.0.2.2",
    "0 send ACK sip:bob@192.0.2.2",
    "0 pass 486",
    "0 send ACK sip:bob@192.0.2.2",
  ]);
  rig.run(32_000);
  expect(rig.take()).toEqual(["32000 terminated"]);
});

test("timer M: 2xx of an INVITE all go up for 32 s and are not acknowledged here (RFC 6026 §7.2)", () => {
  const rig = new Rig();
  const { request: sent } = startClient(rig, "INVITE");
  respondTo(rig, sent, 200);
  rig.run(31_999);
  respondTo(rig, sent, 200);
  expect(rig.take().slice(1)).toEqual(["0 pass 200", "31999 pass 200"]);
  rig.run(32_000);
  expect(respondTo(rig, sent, 200)).toBe(false);
});

test("over TCP nothing is repeated and a finished transaction does not linger", () => {
  const rig = new Rig();
  const { request: sent } = startClient(rig, "BYE", "tcp");
  rig.run(20_000);
  respondTo(rig, sent, 200);
  rig.run(20_000);
  expect(rig.log).toEqual(["0 send BYE sip:bob@192.0.2.2", "20000 pass 200", "20000 terminated"]);
});

function startServer(rig: Rig, message: SipRequest, transport: TransportName = "udp") {
  return rig.layer.startServer(message, envelopeOf(message), { peer: hop(transport), owner: "me" });
}

const arrive = (rig: Rig, message: SipRequest) =>
  rig.layer.receiveRequest(message, envelopeOf(message), rig.nowMs).type;

test("timers G and H: a failure is repeated up to 4 s apart until the ACK, for 32 s (§17.2.1)", () => {
  const rig = new Rig();
  const transaction = startServer(rig, request("INVITE"));
  rig.layer.respond(transaction, makeResponse(transaction.request, 486, { toTag: "t1" }), 0);
  rig.run(40_000);
  const expected = [0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500];
  expect(times(rig.log, "send")).toEqual(expected);
  expect(rig.log.at(-1)).toBe("32000 terminated");
});

test("the ACK to a failure ends its repeats; timer I absorbs late ACKs and INVITEs for 5 s (§17.2.1)", () => {
  const rig = new Rig();
  const invite = request("INVITE");
  const transaction = startServer(rig, invite);
  rig.layer.respond(transaction, makeResponse(invite, 486, { toTag: "t1" }), 0);
  expect(arrive(rig, request("ACK", { toTag: "t1" }))).toBe("absorbed");
  expect(arrive(rig, request("ACK", { toTag: "t1" }))).toBe("absorbed");
  expect(arrive(rig, invite)).toBe("absorbed");
  rig.run(10_000);
  expect(rig.log).toEqual(["0 send SIP/2.0 486 Busy Here", "5000 terminated"]);
});

test("a repeated INVITE draws the last provisional again (§17.2.1)", () => {
  const rig = new Rig();
  const invite = request("INVITE");
  const transaction = startServer(rig, invite);
  rig.layer.respond(transaction, makeResponse(invite, 100), 0);
  rig.layer.respond(transaction, makeResponse(invite, 180, { toTag: "t1" }), 0);
  arrive(rig, invite);
  expect(rig.log.at(-1)).toBe("0 send SIP/2.0 180 Ringing");
  expect(rig.layer.serverSize).toBe(1);
});

test("a repeated INVITE after our 2xx is absorbed: the user repeats the 2xx (RFC 6026 §7.1)", () => {
  const rig = new Rig();
  const invite = request("INVITE");
  const transaction = startServer(rig, invite);
  rig.layer.respond(transaction, makeResponse(invite, 200, { toTag: "t1" }), 0);
  rig.take();
  expect(arrive(rig, invite)).toBe("absorbed");
  expect(rig.take()).toEqual([]);
  rig.run(32_000);
  expect(rig.take()).toEqual(["32000 terminated"]);
});

test("a repeated non-INVITE draws the final response again, without new state (§17.2.2)", () => {
  const rig = new Rig();
  const options = request("OPTIONS");
  const transaction = startServer(rig, options);
  rig.layer.respond(transaction, makeResponse(options, 200, { toTag: "t1" }), 0);
  for (let i = 0; i < 3; i++) expect(arrive(rig, options)).toBe("absorbed");
  expect(rig.take()).toHaveLength(4);
  expect(rig.layer.serverSize).toBe(1);
});

test("the same request by another branch while the first is served is merged (§8.2.2.2); a new CSeq is not", () => {
  const rig = new Rig();
  startServer(rig, request("INVITE"));
  expect(arrive(rig, request("INVITE", { branch: "z9hG4bKother" }))).toBe("merged");
  expect(arrive(rig, request("INVITE", { branch: "z9hG4bKother", cseq: 2 }))).toBe("new");
  expect(arrive(rig, request("INVITE", { branch: "z9hG4bKother", toTag: "t9" }))).toBe("new");
});

test("sent-by is part of the key: the same branch from elsewhere is another transaction (§17.2.3)", () => {
  const rig = new Rig();
  startServer(rig, request("INVITE"));
  const forged = request("BYE", { cseq: 2, toTag: "x" });
  expect(arrive(rig, forged)).toBe("new");
  const elsewhere = request("INVITE", { cseq: 7 });
  const headers = elsewhere.headers.map((header) =>
    header.name === "Via" ? { name: "Via", value: "SIP/2.0/UDP 198.51.100.1;branch=z9hG4bKabc" } : header,
  );
  expect(arrive(rig, { ...elsewhere, headers })).toBe("new");
});

test("an RFC 2543 peer without a branch is matched by Call-ID, From tag and CSeq, its ACK too (§17.2.3)", () => {
  const rig = new Rig();
  const invite = request("INVITE", { branch: "" });
  const transaction = startServer(rig, invite);
  rig.layer.respond(transaction, makeResponse(invite, 486, { toTag: "t1" }), 0);
  expect(arrive(rig, invite)).toBe("absorbed");
  expect(arrive(rig, request("ACK", { branch: "", toTag: "t1" }))).toBe("absorbed");
  rig.run(6000);
  expect(rig.log.at(-1)).toBe("5000 terminated");
});

test("an INVITE nobody could be sent fails at once and is forgotten (§8.1.3.1)", () => {
  const rig = new Rig();
  const transaction = startClient(rig, "INVITE");
  rig.layer.sendFailed(transaction, 0);
  expect(rig.take().slice(1)).toEqual(["0 failed transport", "0 terminated"]);
  rig.run(60_000);
  expect(rig.take()).toEqual([]);
});

test("20,000 transactions are started, answered and forgotten", () => {
  const rig = new Rig();
  for (let i = 0; i < 20_000; i++) {
    const options = request("OPTIONS", { branch: `z9hG4bK${i}`, cseq: i + 1 });
    const transaction = startServer(rig, options);
    rig.layer.respond(transaction, makeResponse(options, 200, { toTag: "t" }), 0);
  }
  expect(rig.layer.size).toBe(20_000);
  rig.run(32_000);
  expect(rig.layer.size).toBe(0);
  expect(rig.deadlines.size).toBe(0);
});
