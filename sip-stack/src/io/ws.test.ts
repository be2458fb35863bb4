/** SIP over WebSocket (RFC 7118) with a real WebSocket client on loopback; @net. */
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { seededRandom } from "@voepy/base";
import { afterEach, expect, test } from "vitest";
import { WebSocket } from "ws";
import { certificate, closeAll, closeLater, listenerOf, type Party, party, SDP } from "../../test/party.ts";
import { OPTIONS, type Rig, rig } from "../../test/transport-rig.ts";
import { answerChallenge, noTries } from "../digest/client.ts";
import { makeAck, makeResponse, textBody } from "../message/build.ts";
import { headerOf, type SipMessage, type SipRequest, type SipResponse } from "../message/message.ts";
import { parseMessage } from "../message/parse.ts";
import { serialise } from "../message/serialise.ts";
import type { UserAgentHooks } from "../ua/types.ts";
import { openWs } from "./ws.ts";

afterEach(closeAll);

/** A browser: sends text, keeps what came. */
class Browser {
  readonly socket: WebSocket;
  readonly texts: string[] = [];
  readonly #waiting: (() => void)[] = [];
  closed: { code: number } | undefined;

  constructor(url: string, protocols: string[] = ["sip"], options: object = {}) {
    this.socket = new WebSocket(url, protocols, { origin: "https://anywhere.example", ...options });
    closeLater(() => this.socket.terminate());
    this.socket.on("message", (data: Buffer) => this.#note(() => this.texts.push(data.toString("utf8"))));
    this.socket.on("close", (code) => this.#note(() => (this.closed = { code })));
    this.socket.on("error", () => undefined);
  }

  #note(what: () => unknown): void {
    what();
    for (const wake of this.#waiting.splice(0)) wake();
  }

  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise<void>((wake) => this.#waiting.push(wake));
  }

  open(): Promise<this> {
    return new Promise((done, fail) => {
      this.socket.once("open", () => done(this));
      this.socket.once("unexpected-response", (_, { statusCode }) => fail(new Error(`status ${statusCode}`)));
    });
  }

  /** The first message that came and fits, taken out. */
  async take<T extends SipMessage>(fits: (message: SipMessage) => message is T): Promise<T> {
    for (;;) {
      for (const [at, text] of this.texts.entries()) {
        const result = parseMessage(Buffer.from(text), { stream: false });
        if (!result.ok || !fits(result.message)) continue;
        this.texts.splice(at, 1);
        return result.message;
      }
      if (this.closed !== undefined) throw new Error(`closed with ${this.closed.code}`);
      const before = this.texts.length;
      await this.until(() => this.texts.length !== before || this.closed !== undefined);
    }
  }
}

const responseOf =
  (method: string) =>
  (message: SipMessage): message is SipResponse =>
    message.kind === "response" && (headerOf(message, "cseq") ?? "").endsWith(method) && message.status > 100;
const requestOf =
  (method: string) =>
  (message: SipMessage): message is SipRequest =>
    message.kind === "request" && message.method === method;

const DOMAIN = "k9x2b7q0.invalid";
const CONTACT = `<sip:alice@${DOMAIN};transport=ws>`;

/** As browsers' stacks write it: a host that resolves nowhere, and no Content-Length. */
function register(cseq: number, transport = "WS"): string {
  return `REGISTER sip:voepy.local SIP/2.0\r\nVia: SIP/2.0/${transport} ${DOMAIN};branch=z9hG4bKr${cseq}\r\nMax-Forwards: 70\r\nFrom: <sip:alice@voepy.local>;tag=1\r\nTo: <sip:alice@voepy.local>\r\nCall-ID: c\r\nCSeq: ${cseq} REGISTER\r\nContact: ${CONTACT}\r\n\r\n`;
}

function requestFrom(text: string): SipRequest {
  const result = parseMessage(Buffer.from(text), { stream: false });
  if (!result.ok || result.message.kind !== "request") throw new Error("the test's own request cannot be read");
  return result.message;
}

const withPassword: UserAgentHooks = { screen: () => ({ type: "challenge" }), password: () => "wonder" };

async function registered(server: Party, browser: Browser): Promise<void> {
  browser.socket.send(register(1));
  const challenge = await browser.take(responseOf("REGISTER"));
  const again = answerChallenge(requestFrom(register(2)), challenge, {
    credentials: { username: "alice", password: "wonder" },
    tries: noTries,
    random: seededRandom(9),
  });
  browser.socket.send(serialise(again!.request));
  expect((await browser.take(responseOf("REGISTER"))).status).toBe(200);
  await server.next("bindings");
}

function wsRig(): Promise<Rig> {
  return rig(openWs, { transport: "ws", host: "127.0.0.1", port: 0 });
}

test("@net a browser registers, is called back on its connection, and is forgotten when it goes (RFC 7118 §5, §6)", async () => {
  const server = await party([listenerOf("ws")], 1, { hooks: withPassword });
  const browser = await new Browser(`ws://127.0.0.1:${server.port}/`).open();
  await registered(server, browser);
  const [binding] = server.endpoint.bindings("alice");
  expect(binding).toMatchObject({ contactUri: CONTACT.slice(1, -1), source: { transport: "ws" } });
  const { address, port, flow } = binding!.source;
  const session = server.call({ transport: "ws", host: address, port, flow }, { requestUri: binding!.contactUri });
  const invite = await browser.take(requestOf("INVITE"));
  expect(invite.requestUri).toBe(binding!.contactUri);
  expect(headerOf(invite, "via")).toMatch(/^SIP\/2\.0\/WS /);
  const body = textBody("application/sdp", SDP);
  const contact = { name: "Contact", value: CONTACT };
  browser.socket.send(serialise(makeResponse(invite, 200, { toTag: "b", headers: [contact], body })));
  await server.next("answered");
  await browser.take(requestOf("ACK"));
  expect(server.endpoint.bye(session)).toBe(true);
  const bye = await browser.take(requestOf("BYE"));
  expect(bye.requestUri).toBe(binding!.contactUri);
  browser.socket.send(serialise(makeResponse(bye, 200, {})));
  server.seen.length = 0;
  browser.socket.close();
  expect(await server.next("bindings")).toMatchObject({ username: "alice", bindings: [] });
});

test("@net a browser calls in; everything of the dialog comes back on its connection", async () => {
  const server = await party([listenerOf("ws")], 1);
  const browser = await new Browser(`ws://127.0.0.1:${server.port}/sip`).open();
  const invite = requestFrom(
    `INVITE sip:bob@voepy.local SIP/2.0\r\nVia: SIP/2.0/WS ${DOMAIN};branch=z9hG4bKi\r\nMax-Forwards: 70\r\nFrom: <sip:alice@voepy.local>;tag=1\r\nTo: <sip:bob@voepy.local>\r\nCall-ID: i\r\nCSeq: 1 INVITE\r\nContact: <sip:alice@192.0.2.77;transport=ws>\r\nContent-Type: application/sdp\r\n\r\n${SDP}`,
  );
  // Binary frames are as good as text (RFC 7118 §4.2).
  browser.socket.send(serialise(invite), { binary: true });
  const { session } = await server.next("invite");
  server.endpoint.accept(session, { sdp: SDP });
  const answer = await browser.take(responseOf("INVITE"));
  expect(answer.status).toBe(200);
  expect(headerOf(answer, "via")).toContain("received=127.0.0.1");
  expect(headerOf(answer, "contact")).toBe(`<sip:voepy@127.0.0.1:${server.port};transport=ws>`);
  browser.socket.send(serialise(makeAck(invite, answer)));
  await server.next("confirmed");
  server.endpoint.bye(session);
  expect((await browser.take(requestOf("BYE"))).requestUri).toBe("sip:alice@192.0.2.77;transport=ws");
});

test("@net a browser that goes while it rings fails the call at once", async () => {
  const server = await party([listenerOf("ws")], 1, { hooks: withPassword });
  const browser = await new Browser(`ws://127.0.0.1:${server.port}/`).open();
  await registered(server, browser);
  const { address, port, flow } = server.endpoint.bindings("alice")[0]!.source;
  const session = server.call({ transport: "ws", host: address, port, flow });
  const invite = await browser.take(requestOf("INVITE"));
  browser.socket.send(serialise(makeResponse(invite, 180, { toTag: "b" })));
  await server.next("progress");
  browser.socket.terminate();
  expect(await server.next("failed")).toMatchObject({ session, cause: "transport", status: 503 });
  expect(server.endpoint.counters()).toMatchObject({ sessions: 0, transactions: expect.any(Number) });
});

test("@net WSS: the same over TLS", async () => {
  const server = await party([listenerOf("wss")], 1, { hooks: withPassword });
  const ca = readFileSync(certificate("authority.crt"));
  const browser = await new Browser(`wss://127.0.0.1:${server.port}/`, ["sip"], { ca }).open();
  browser.socket.send(register(1, "WSS"));
  expect(headerOf(await browser.take(responseOf("REGISTER")), "via")).toMatch(/^SIP\/2\.0\/WSS /);
});

test("@net without the subprotocol sip there is no connection (RFC 7118 §4.1); a browser's page request is told why", async () => {
  const { transport, counted } = await wsRig();
  const url = `127.0.0.1:${transport.bound.port}`;
  for (const protocols of [[], ["xmpp"]]) {
    await expect(new Browser(`ws://${url}/`, protocols).open()).rejects.toThrow("status 400");
  }
  expect(counted).toEqual(["wsRefusedConnections", "wsRefusedConnections"]);
  const page = await fetch(`http://${url}/`);
  expect([page.status, page.headers.get("upgrade")]).toEqual([426, "websocket"]);
  const several = await new Browser(`ws://${url}/`, ["xmpp", "sip"]).open();
  expect(several.socket.protocol).toBe("sip");
});

test("@net clients that reset their connection while it is refused or taken harm nobody", async () => {
  const server = await wsRig();
  const { port } = server.transport.bound;
  const refused = "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n";
  const taken = `${refused}Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: sip\r\n`;
  // Reserved bits, which no frame may have.
  const broken = Buffer.from([0xff, 0xff, 0xff, 0xff]);
  const attack = async (head: string): Promise<void> => {
    const socket = connect({ host: "127.0.0.1", port });
    closeLater(() => socket.destroy());
    socket.on("error", () => socket.destroy());
    const closed = new Promise<void>((done) => socket.once("close", () => done()));
    socket.once("connect", () => {
      socket.write(Buffer.concat([Buffer.from(`${head}\r\n`), broken]), () => socket.resetAndDestroy());
    });
    await closed;
  };
  for (let i = 0; i < 20; i++) await Promise.all([attack(refused), attack(taken), attack(taken)]);
  const browser = await new Browser(`ws://127.0.0.1:${port}/`).open();
  browser.socket.send(OPTIONS);
  await server.nextSource();
});

test("@net CRLF CRLF gets its pong, a lone CRLF nothing (RFC 5626 §4.4.1)", async () => {
  const server = await wsRig();
  const browser = await new Browser(`ws://127.0.0.1:${server.transport.bound.port}/`).open();
  browser.socket.send("\r\n");
  browser.socket.send("\r\n\r\n");
  await browser.until(() => browser.texts.length > 0);
  expect(browser.texts).toEqual(["\r\n"]);
  browser.socket.send(OPTIONS);
  expect((await server.nextSource()).transport).toBe("ws");
});

test("@net a frame of more than 64 kB closes the connection (RFC 6455 §7.4.1: 1009), others go on", async () => {
  const server = await wsRig();
  const url = `ws://127.0.0.1:${server.transport.bound.port}/`;
  const [big, small] = [await new Browser(url).open(), await new Browser(url).open()];
  big.socket.send("x".repeat(64 * 1024 + 1));
  await big.until(() => big.closed !== undefined);
  expect(big.closed?.code).toBe(1009);
  await server.until(() => server.counted.includes("wsFramingErrors"));
  small.socket.send(OPTIONS);
  await server.nextSource();
});

test("@net a needed connection is pinged; one whose browser sleeps is given up", async () => {
  const server = await wsRig();
  const browser = await new Browser(`ws://127.0.0.1:${server.transport.bound.port}/`, ["sip"], {
    autoPong: false,
  }).open();
  browser.socket.send(OPTIONS);
  const { flow } = await server.nextSource();
  server.inUse.add(flow!);
  const pinged = new Promise<void>((done) => browser.socket.once("ping", () => done()));
  server.clock.advance(53_000);
  await pinged;
  expect(server.transport.hasFlow?.(flow!)).toBe(true);
  server.clock.advance(13_000);
  await server.until(() => server.closedFlows.includes(flow!));
  expect(server.counted).toEqual(["wsDeadFlows"]);
});

test("@net what is sent to a browser that has gone fails; nobody is dialled", async () => {
  const server = await wsRig();
  const to = { transport: "ws", address: "127.0.0.1", port: 9, flow: "ws-77" } as const;
  expect(await server.failure(OPTIONS, to)).toBe("the connection is gone and cannot be made from here");
});
