/** Forks over real WebSockets on loopback, by each way the engine can run. @net */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { platform } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { silentLog, systemClock, systemRandom } from "@voepy/base";
import { afterEach, describe, expect, test } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { aForkRequest } from "../../test/fork-request.ts";
import { FarEnd, pcmuParams } from "../../test/rig.ts";
import { HEADER_BYTES } from "../rtp/header.ts";
import type { MediaEvent } from "../types.ts";
import { makeMediaPool } from "./pool.ts";
import type { MediaPoolOptions } from "./pool-options.ts";

const LOOPBACK = "127.0.0.1";
const cleanUp: (() => unknown)[] = [];

afterEach(async () => {
  for (const undo of cleanUp.splice(0).toReversed()) await undo();
});

async function party(options: Partial<MediaPoolOptions>) {
  const pool = await makeMediaPool({
    address: LOOPBACK,
    ports: { first: 31_000, last: 31_499 },
    workers: 1,
    io: "auto",
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    ...options,
  });
  cleanUp.push(() => pool.close());
  const events: MediaEvent[] = [];
  pool.onEvent((event) => events.push(event));
  const socket = createSocket("udp4");
  socket.bind(0, LOOPBACK);
  await once(socket, "listening");
  cleanUp.push(() => socket.close());
  const heard: Uint8Array[] = [];
  socket.on("message", (bytes) => heard.push(bytes.subarray(HEADER_BYTES)));
  const { port } = socket.address();
  const leg = await pool.openLeg({ leg: "a" });
  leg.setParams(pcmuParams(port, { remote: { address: LOOPBACK, udpPort: port } }));
  const far = new FarEnd(port, LOOPBACK);
  const speak = (code: number): void => socket.send(far.audio(new Uint8Array(160).fill(code)), leg.udpPort, LOOPBACK);
  return { leg, events, heard, speak };
}

/** A bot; `onPeer` is what it does. */
async function bot(onPeer: (peer: WebSocket) => void) {
  const server = new WebSocketServer({ host: LOOPBACK, port: 0 });
  await once(server, "listening");
  cleanUp.push(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  const headers: Record<string, unknown>[] = [];
  server.on("connection", (peer, request) => {
    headers.push(request.headers);
    onPeer(peer);
  });
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("no address");
  return { url: `ws://${LOOPBACK}:${address.port}/`, headers };
}

async function until(isDone: () => boolean, act: () => void = () => undefined): Promise<void> {
  for (let turn = 0; turn < 500 && !isDone(); turn++) {
    act();
    await sleep(10);
  }
  expect(isDone()).toBe(true);
}

const backends: [string, Partial<MediaPoolOptions>][] = [
  ["inline on node:dgram", { workers: 0, io: "dgram" }],
  ["threads on node:dgram", { io: "dgram" }],
];
if (platform() === "linux") backends.push(["threads on system calls", { io: "syscall" }]);

describe.each(backends)("%s", (_name, options) => {
  test("a bot hears the caller, is heard by it, and is told when it ends", async () => {
    // oxlint-disable-next-line typescript/no-explicit-any
    const said: any[] = [];
    const { url, headers } = await bot((peer) =>
      peer.on("message", (data) => {
        const frame = JSON.parse(String(data));
        said.push(frame);
        if (frame.event === "media") peer.send(JSON.stringify({ event: "media", media: frame.media }));
      }),
    );
    const { leg, events, heard, speak } = await party(options);
    leg.startFork(aForkRequest({ url, talkback: "self", authToken: "secret" }));
    const isHeard = (): boolean => heard.some((payload) => payload.every((code) => code === 0x42));
    await until(isHeard, () => speak(0x42));
    expect(said.slice(0, 2).map(({ event }) => event)).toEqual(["connected", "start"]);
    expect(headers[0]).toMatchObject({ authorization: "Bearer secret", "x-telnyx-streaming-auth-token": "secret" });
    expect(events).toContainEqual({ type: "forkStarted", leg: "a", stream: "s" });
    expect(leg.forkFigures("s")?.framesSent).toBeGreaterThan(0);
    await leg.close();
    await until(() => said.at(-1)?.event === "stop" && events.some(({ type }) => type === "forkStopped"));
    expect(events.at(-1)).toMatchObject({ type: "forkStopped", stream: "s", reason: "legClosed" });
  });

  test("a bot that sends a message too large to take is left", async () => {
    const { url } = await bot((peer) => peer.send("x".repeat(2 * 1024 * 1024)));
    const { leg, events } = await party(options);
    leg.startFork(aForkRequest({ url }));
    await until(() => events.some(({ type }) => type === "forkStopped"));
    expect(events.at(-1)).toMatchObject({ reason: "peerClosed", closeCode: 1009 });
  });
});
