/** Several listeners and both address families on loopback; @net. */
import { createSocket } from "node:dgram";
import { seededRandom } from "@voepy/base";
import { afterEach, describe, expect, test } from "vitest";
import { closeAll, closeLater, listenerOf, party, SDP } from "../../test/party.ts";
import { answerChallenge, noTries } from "../digest/client.ts";
import { headerOf, type SipRequest } from "../message/message.ts";
import { parseMessage } from "../message/parse.ts";
import { serialise } from "../message/serialise.ts";
import type { TransportName } from "../ua/types.ts";
import { Lines } from "./lines.ts";
import type { SipTransport } from "./transport.ts";

afterEach(closeAll);

const hasIpv6 = await new Promise<boolean>((done) => {
  const socket = createSocket("udp6");
  socket.once("error", () => done(false));
  socket.bind(0, "::1", () => socket.close(() => done(true)));
});

describe.skipIf(!hasIpv6)("IPv6", () => {
  test.each(["udp", "tcp", "tls"] as const)(
    "@net a call is set up and released over %s to [::1]",
    async (transport) => {
      const ann = await party([listenerOf(transport, "::1")], 1);
      const bob = await party([listenerOf(transport, "::1")], 2);
      const session = ann.call(
        { transport, host: "[::1]", port: bob.port },
        { requestUri: `sip:bob@[::1]:${bob.port}` },
      );
      const { session: theirs, source, headers } = await bob.next("invite");
      expect(source).toMatchObject({ transport, address: "::1" });
      expect(headers.find(({ name }) => name === "Via")?.value).toContain(` [::1]:${ann.port};`);
      bob.endpoint.accept(theirs, { sdp: SDP });
      await ann.next("answered");
      await bob.next("confirmed");
      expect(bob.endpoint.bye(theirs)).toBe(true);
      expect(await ann.next("ended")).toMatchObject({ cause: "bye" });
      expect(session).toBeDefined();
    },
  );

  test.each(["udp", "tcp"] as const)(
    "@net %s: 0.0.0.0 and :: share a port, each for its own family",
    async (transport) => {
      const four = { transport, host: "0.0.0.0", port: 0 };
      const bob = await party([four], 2);
      const both = [
        { transport, host: "::", port: bob.port },
        { transport, host: "127.0.0.2", port: 0 },
      ];
      const eve = await party(both, 3);
      const ann = await party([listenerOf(transport), listenerOf(transport, "::1")], 1);
      ann.call({ transport, host: "127.0.0.1", port: bob.port });
      expect((await bob.next("invite")).source.address).toBe("127.0.0.1");
      ann.call({ transport, host: "::1", port: bob.port });
      expect((await eve.next("invite")).source.address).toBe("::1");
    },
  );
});

test("of several listeners the one on the way to the peer sends; a wildcard before a stranger's; loopback to loopback", () => {
  const lines = new Lines();
  const add = (transport: TransportName, address: string, port: number): void => {
    const bound = { address, port };
    const fake: SipTransport = { transport, bound, send: () => undefined, close: async () => undefined };
    lines.add(fake, { transport, host: address, port });
  };
  add("udp", "192.0.2.200", 1);
  add("udp", "127.0.0.1", 2);
  add("udp", "0.0.0.0", 3);
  add("udp", "::1", 4);
  const portTo = (address: string): number | undefined =>
    lines.towards({ transport: "udp", address, port: 5060 }, 0)?.listener.port;
  expect([portTo("127.0.0.1"), portTo("198.51.100.1"), portTo("::1")]).toEqual([2, 3, 4]);
  expect(lines.towards({ transport: "tcp", address: "127.0.0.1", port: 1 }, 0)).toBeUndefined();
  expect(
    lines.towards({ transport: "udp", address: "127.0.0.1", port: 1, flow: lines.flowOf(2) }, 0)?.listener.port,
  ).toBe(3);
  expect([lines.canReach("udp", 4), lines.canReach("udp", 6), lines.canReach("tcp", 4)]).toEqual([true, true, false]);
});

test("one UDP listener names no flow: there is nothing to choose", () => {
  const lines = new Lines();
  const bound = { address: "127.0.0.1", port: 1 };
  const fake: SipTransport = { transport: "udp", bound, send: () => undefined, close: async () => undefined };
  lines.add(fake, { transport: "udp", host: "127.0.0.1", port: 1 });
  expect(lines.flowOf(0)).toBeUndefined();
});

test("@net a phone behind a NAT is called from the UDP listener that it registered at", async () => {
  const server = await party([listenerOf("udp"), listenerOf("udp")], 1, {
    hooks: { screen: () => ({ type: "challenge" }), password: () => "wonder" },
  });
  const { port } = server.endpoint.listeners()[1]!;
  const phone = createSocket("udp4");
  closeLater(() => phone.close());
  await new Promise<void>((done) => phone.bind(0, "127.0.0.1", done));
  const next = (): Promise<{ bytes: Buffer; port: number }> =>
    new Promise((done) => phone.once("message", (bytes, from) => done({ bytes, port: from.port })));
  const text = (cseq: number): string =>
    `REGISTER sip:voepy.local SIP/2.0\r\nVia: SIP/2.0/UDP 10.9.9.9;rport;branch=z9hG4bKn${cseq}\r\nFrom: <sip:alice@voepy.local>;tag=1\r\nTo: <sip:alice@voepy.local>\r\nCall-ID: c\r\nCSeq: ${cseq} REGISTER\r\nContact: <sip:alice@10.9.9.9>\r\nContent-Length: 0\r\n\r\n`;
  phone.send(text(1), port, "127.0.0.1");
  const challenge = parseMessage((await next()).bytes, { stream: false });
  const request = parseMessage(Buffer.from(text(2)), { stream: false });
  if (!challenge.ok || challenge.message.kind !== "response" || !request.ok) throw new Error("unreadable");
  const options = {
    credentials: { username: "alice", password: "wonder" },
    tries: noTries,
    random: seededRandom(9),
  };
  const again = answerChallenge(request.message as SipRequest, challenge.message, options);
  phone.send(serialise(again!.request), port, "127.0.0.1");
  await next();
  const { address, port: phonePort, flow } = server.endpoint.bindings("alice")[0]!.source;
  server.call({ transport: "udp", host: address, port: phonePort, flow });
  const invite = await next();
  expect(invite.port).toBe(port);
  const parsed = parseMessage(invite.bytes, { stream: false });
  expect(parsed.ok && headerOf(parsed.message, "contact")).toBe(`<sip:voepy@127.0.0.1:${port}>`);
});
