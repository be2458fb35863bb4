/** The driver on real loopback sockets; @net. */
import { createSocket } from "node:dgram";
import { connect, type Socket } from "node:net";
import { seededRandom } from "@voepy/base";
import { afterEach, expect, test } from "vitest";
import { fakeDns } from "../../test/fake-dns.ts";
import { closeAll, closeLater, listenerOf, party as makeParty, type Party, SDP } from "../../test/party.ts";
import { answerChallenge, noTries } from "../digest/client.ts";
import { parseMessage } from "../message/parse.ts";
import { serialise } from "../message/serialise.ts";
import type { TransportName, UserAgentHooks } from "../ua/types.ts";
import type { SipEndpointOptions, TracedMessage } from "./options.ts";

afterEach(closeAll);

const party = (transport: TransportName, seed: number, more: Partial<SipEndpointOptions> = {}): Promise<Party> =>
  makeParty(more.listeners ?? [listenerOf(transport)], seed, more);

function invite(from: Party, to: Party, transport: TransportName, host = "127.0.0.1"): string {
  return from.call({ transport, host, port: to.port }, { requestUri: "sip:bob@127.0.0.1" });
}

for (const transport of ["udp", "tcp"] as const) {
  test(`@net a call is set up, held and released over ${transport} on loopback`, async () => {
    const traced: TracedMessage[] = [];
    const ann = await party(transport, 1, { trace: (message) => traced.push(message) });
    const bob = await party(transport, 2);
    const session = invite(ann, bob, transport);
    const { session: theirs, source } = await bob.next("invite");
    expect(source).toMatchObject({ transport, address: "127.0.0.1" });
    bob.endpoint.progress(theirs, { status: 180 });
    bob.endpoint.accept(theirs, { sdp: SDP });
    const answered = await ann.next("answered");
    expect(answered.sdp).toBe(SDP);
    await bob.next("confirmed");
    expect(ann.endpoint.offer(session, SDP)).toBe(true);
    await bob.next("offer");
    bob.endpoint.answerOffer(theirs, { sdp: SDP });
    await ann.next("offerAnswered");
    expect(ann.endpoint.bye(session)).toBe(true);
    expect(await bob.next("ended")).toMatchObject({ cause: "bye" });
    expect(traced.map(({ direction }) => direction)).toContain("received");
    expect(new Set(traced.map(({ callId }) => callId))).toEqual(new Set([answered.callId]));
    expect(new Set(traced.map(({ local }) => local.port))).toEqual(new Set([ann.endpoint.listeners()[0]!.port]));
    expect(Buffer.from(traced[0]!.bytes).toString()).toMatch(/^INVITE sip:bob@127\.0\.0\.1 SIP\/2\.0\r\n/);
  });
}

test("events of a command are told after the command has returned", async () => {
  const ann = await party("udp", 1);
  const bob = await party("udp", 2);
  const session = invite(ann, bob, "udp");
  ann.endpoint.cancel(session);
  expect(ann.seen).toEqual([]);
  expect(await ann.next("failed")).toMatchObject({ session, cause: "cancelled" });
});

test("@net a target given by name is resolved; one that does not resolve fails as transport", async () => {
  const ann = await party("udp", 1, { dns: fakeDns({ "4 bob.test": ["127.0.0.1"] }) });
  const bob = await party("udp", 2);
  invite(ann, bob, "udp", "bob.test");
  expect((await bob.next("invite")).requestUri).toBe("sip:bob@127.0.0.1");
  invite(ann, bob, "udp", "nobody.test");
  expect(await ann.next("failed")).toMatchObject({ cause: "transport", status: 503 });
});

test("@net a port that is taken is refused by transport, address, port and what to do", async () => {
  for (const transport of ["udp", "tcp"] as const) {
    const first = await party(transport, 1);
    const listeners = [{ transport, host: "127.0.0.1", port: first.port }];
    await expect(party(transport, 2, { listeners })).rejects.toThrow(
      `${transport} 127.0.0.1:${first.port} is taken by another program: stop it, or set another SIP port`,
    );
  }
});

test("@net a Via or Contact with port 0 ends nothing but its own request", async () => {
  const server = await party("udp", 1);
  const phone = createSocket("udp4");
  closeLater(() => phone.close());
  await new Promise<void>((done) => phone.bind(0, "127.0.0.1", done));
  const options = (via: string): string =>
    `OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/UDP ${via}\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: ${via}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n`;
  const answer = new Promise<string>((done) => phone.once("message", (bytes) => done(bytes.toString())));
  phone.send(options("127.0.0.1:0;branch=z9hG4bK0"), server.port, "127.0.0.1");
  phone.send(options("127.0.0.1:9;branch=z9hG4bK1;rport"), server.port, "127.0.0.1");
  expect(await answer).toContain("branch=z9hG4bK1");
  server.call({ transport: "udp", host: "127.0.0.1", port: 0 });
  expect(await server.next("failed")).toMatchObject({ cause: "transport" });
});

test("@net nobody listening on a TCP port fails the call at once", async () => {
  const ann = await party("tcp", 1);
  const gone = await party("tcp", 2);
  await gone.endpoint.close();
  invite(ann, gone, "tcp");
  expect(await ann.next("failed")).toMatchObject({ cause: "transport", status: 503 });
});

test("@net of two listeners the one that was asked answers (RFC 3581 §4)", async () => {
  const listeners = [1, 2].map(() => ({ transport: "udp" as const, host: "127.0.0.1", port: 0 }));
  const bob = await party("udp", 2, { listeners });
  const ann = await party("udp", 1);
  const second = bob.endpoint.listeners()[1]!.port;
  invite(ann, { ...bob, port: second }, "udp");
  const { session } = await bob.next("invite");
  bob.endpoint.accept(session, { sdp: SDP });
  const { headers } = await ann.next("answered");
  expect(headers.find(({ name }) => name === "Contact")?.value).toBe(`<sip:voepy@127.0.0.1:${second}>`);
});

test("the advertised address goes into Via and Contact; without it the address that faces the peer", async () => {
  const listeners = [{ transport: "udp", host: "127.0.0.1", port: 0, advertisedAddress: "203.0.113.5" }] as const;
  const ann = await party("udp", 1, { listeners });
  expect(ann.endpoint.localAddress("udp", "198.51.100.1")).toEqual({ address: "203.0.113.5", port: ann.port });
  expect(ann.endpoint.localAddress("udp", "127.0.0.1")).toEqual({ address: "127.0.0.1", port: ann.port });
  const wild = await party("udp", 2, { listeners: [{ transport: "udp", host: "0.0.0.0", port: 0 }] });
  expect(wild.endpoint.localAddress("udp", "127.0.0.1")).toEqual({ address: "127.0.0.1", port: wild.port });
});

/** A TCP client by hand: what it read so far, and a wait for more. */
async function raw(
  port: number,
): Promise<{ socket: Socket; until(text: string): Promise<string>; ended: Promise<void> }> {
  const socket = connect({ host: "127.0.0.1", port });
  closeLater(() => socket.destroy());
  let text = "";
  let wake = (): void => undefined;
  socket.on("data", (bytes) => {
    text += bytes.toString();
    wake();
  });
  const ended = new Promise<void>((done) => socket.once("close", () => done()));
  await new Promise<void>((done) => socket.once("connect", () => done()));
  const until = async (part: string): Promise<string> => {
    while (!text.includes(part)) await new Promise<void>((again) => (wake = again));
    return text;
  };
  return { socket, until, ended };
}

function register(cseq: number, lengths = "Content-Length: 0\r\n"): string {
  return `REGISTER sip:voepy.local SIP/2.0\r\nVia: SIP/2.0/TCP 10.0.0.7;branch=z9hG4bK${cseq}\r\nFrom: <sip:alice@voepy.local>;tag=1\r\nTo: <sip:alice@voepy.local>\r\nCall-ID: c\r\nCSeq: ${cseq} REGISTER\r\n${lengths}\r\n`;
}

test("@net TCP: CRLF CRLF gets its pong, messages in pieces and in a row are all answered (RFC 5626 §4.4.1)", async () => {
  const hooks: UserAgentHooks = { screen: () => ({ type: "challenge" }), password: () => undefined };
  const server = await party("tcp", 1, { hooks });
  const client = await raw(server.port);
  client.socket.write("\r\n\r\n");
  await client.until("\r\n");
  const text = register(1) + register(2);
  client.socket.write(text.slice(0, 40));
  client.socket.write(text.slice(40));
  expect(await client.until("CSeq: 2 REGISTER")).toContain("CSeq: 1 REGISTER");
});

test("@net TCP: two Content-Lengths close the connection (RFC 3261 §18.3), others go on", async () => {
  const server = await party("tcp", 1);
  const bad = await raw(server.port);
  const good = await raw(server.port);
  bad.socket.write(register(1, "Content-Length: 0\r\nContent-Length: 5\r\n"));
  await bad.ended;
  good.socket.write(register(2));
  await good.until("CSeq: 2 REGISTER");
  expect(server.endpoint.counters()).toMatchObject({ tcpFramingErrors: 1 });
});

test("@net TCP: contacts bound over a connection go when it closes", async () => {
  const hooks: UserAgentHooks = { screen: () => ({ type: "challenge" }), password: () => "wonder" };
  const server = await party("tcp", 1, { hooks });
  const client = await raw(server.port);
  client.socket.write(register(1));
  const challenge = parseMessage(Buffer.from(await client.until("401")), { stream: false });
  const request = parseMessage(Buffer.from(register(2, "Contact: <sip:alice@10.0.0.7>\r\nContent-Length: 0\r\n")), {
    stream: true,
  });
  if (!challenge.ok || challenge.message.kind !== "response" || !request.ok || request.message.kind !== "request") {
    throw new Error("unreadable");
  }
  const credentials = { username: "alice", password: "wonder" };
  const again = answerChallenge(request.message, challenge.message, {
    credentials,
    tries: noTries,
    random: seededRandom(9),
  });
  client.socket.write(serialise(again!.request));
  expect(await server.next("bindings")).toMatchObject({ bindings: [{ contactUri: "sip:alice@10.0.0.7" }] });
  expect(server.endpoint.bindings("alice")[0]?.source.flow).toBeDefined();
  server.seen.length = 0;
  client.socket.destroy();
  expect(await server.next("bindings")).toMatchObject({ username: "alice", bindings: [] });
});
