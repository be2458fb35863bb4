/** The client's side of a fork's WebSocket against servers that do not behave. @net */
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { expect, test } from "vitest";
import { WebSocketServer } from "ws";
import type { ForkClosing, ForkTarget } from "../fork/socket.ts";
import { makeForkConnector } from "./fork-socket.ts";

const LOOPBACK = "127.0.0.1";

function connected(target: Partial<ForkTarget>, resolve?: (host: string) => Promise<string[]>): Promise<ForkClosing> {
  const connect = makeForkConnector(resolve);
  return new Promise((onClosed) => {
    const listener = { onOpen: () => undefined, onMessage: () => undefined, onClosed };
    connect({ url: "", headers: {}, subprotocol: undefined, allowPrivate: true, ...target }, listener);
  });
}

/** Answers whatever comes with `answer`, then closes. */
async function rudeServer(answer: string): Promise<{ url: string; close: () => void; seen: () => number }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.once("data", () => socket.end(answer));
  });
  server.listen(0, LOOPBACK);
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const close = (): void => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { url: `ws://${LOOPBACK}:${port}/`, close, seen: () => sockets.size };
}

test.each([
  ["no HTTP at all", "hello\r\n\r\n"],
  ["a refusal", "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"],
  ["a redirect", "HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"],
  ["an upgrade to something else", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: tea\r\nConnection: Upgrade\r\n\r\n"],
  [
    "a wrong accept key",
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n",
  ],
  ["nothing", ""],
])("%s for an upgrade is a connection never made", async (_what, answer) => {
  const server = await rudeServer(answer);
  expect(await connected({ url: server.url })).toMatchObject({ code: 1006 });
  server.close();
});

test("a flood of pings is answered only as far as the answers are read", async () => {
  const server = new WebSocketServer({ host: LOOPBACK, port: 0 });
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  let pongs = 0;
  server.on("connection", (peer) => {
    peer.on("pong", () => pongs++);
    for (let i = 0; i < 20_000; i++) peer.ping(Buffer.alloc(125));
    peer.close(1001);
  });
  expect(await connected({ url: `ws://${LOOPBACK}:${port}/` })).toMatchObject({ code: 1001 });
  expect(pongs).toBeLessThan(20_001);
  server.close();
});

test("an address that may not be reached is never connected to, however it is named", async () => {
  const server = await rudeServer("");
  const port = new URL(server.url).port;
  for (const url of [server.url, `ws://localhost:${port}/`, `ws://[::ffff:127.0.0.1]:${port}/`, "http://bot.example/"])
    expect(await connected({ url, allowPrivate: false })).toMatchObject({ code: 1006 });
  const named = await connected({ url: `ws://bot.example:${port}/`, allowPrivate: false }, async () => [LOOPBACK]);
  expect(named.reason).toMatch(/loopback/);
  expect(server.seen()).toBe(0);
  server.close();
});
