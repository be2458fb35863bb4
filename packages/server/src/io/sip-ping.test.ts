import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { seededRandom, systemClock } from "@voepy/base";
import { headerOf, makeResponse, parseMessage, type SipRequest, serialise } from "@voepy/sip-stack";
import { afterEach, expect, test } from "vitest";
import { sipPing } from "./sip-ping.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const within = (withinMs: number) => ({ clock: systemClock, random: seededRandom(1), withinMs });

function readRequest(bytes: Uint8Array): SipRequest {
  const result = parseMessage(bytes, { stream: false });
  if (!result.ok || result.message.kind !== "request") throw new Error("no request");
  return result.message;
}

test("@net over UDP an OPTIONS is sent again when the first is lost (RFC 3261 §17.1.2.2), and other answers do not count", async () => {
  const socket = createSocket("udp4");
  closing.push(() => socket.close());
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  const requests: SipRequest[] = [];
  socket.on("message", (bytes, from) => {
    const request = readRequest(bytes);
    requests.push(request);
    if (requests.length === 1) return;
    const stranger = {
      ...request,
      headers: request.headers.map((h) => (h.name === "Call-ID" ? { ...h, value: "x" } : h)),
    };
    for (const answer of [makeResponse(stranger, 200), makeResponse(request, 100), makeResponse(request, 405)])
      socket.send(serialise(answer), from.port, from.address);
  });
  const result = await sipPing({ transport: "udp", host: "127.0.0.1", port: socket.address().port }, within(5000));
  expect(result).toMatchObject({ type: "answered", status: 405 });
  expect(requests.map((request) => headerOf(request, "cseq"))).toEqual(["1 OPTIONS", "1 OPTIONS"]);
  expect(requests[0]?.requestUri).toBe(`sip:127.0.0.1:${socket.address().port}`);
});

async function tcpThat(act: (socket: Socket, bytes: Uint8Array) => void): Promise<number> {
  const server = createServer((socket) =>
    socket.on("data", (bytes) => act(socket, bytes)).on("error", () => socket.destroy()),
  );
  closing.push(() => server.close());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port; // it listens on TCP
}

test("@net over TCP the answer comes on the same connection, in pieces as it may", async () => {
  const port = await tcpThat((socket, bytes) => {
    const answer = serialise(makeResponse(readRequest(bytes), 200));
    socket.write(answer.subarray(0, 20));
    setImmediate(() => socket.write(answer.subarray(20)));
  });
  const result = await sipPing({ transport: "tcp", host: "127.0.0.1", port }, within(5000));
  expect(result).toMatchObject({ type: "answered", status: 200 });
});

test("@net a peer that closes, one that speaks no TLS and one that says nothing are told apart", async () => {
  const closes = await tcpThat((socket) => socket.end());
  expect(await sipPing({ transport: "tcp", host: "127.0.0.1", port: closes }, within(5000))).toMatchObject({
    type: "failed",
    code: "EOF",
  });
  const plain = await tcpThat((socket) => socket.write("SIP/2.0 400 Bad Request\r\n\r\n"));
  expect(await sipPing({ transport: "tls", host: "127.0.0.1", port: plain }, within(5000))).toMatchObject({
    type: "failed",
  });
  const silent = await tcpThat(() => undefined);
  expect(await sipPing({ transport: "tcp", host: "127.0.0.1", port: silent }, within(50))).toEqual({ type: "silent" });
});
