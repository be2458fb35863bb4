/** Keep-alives and what waits for a connection, over real TCP, in handed-in time; @net. */
import { createServer, type Server, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { closeAll, closeLater } from "../../test/party.ts";
import { OPTIONS, type Rig, rig } from "../../test/transport-rig.ts";
import type { Hop } from "../ua/hop.ts";
import { openTcp } from "./tcp.ts";

afterEach(closeAll);

interface Peer {
  readonly to: Hop;
  readonly heard: string[];
  readonly sockets: Socket[];
  until(isSo: () => boolean): Promise<void>;
}

/** Somebody who listens, and answers pings when told so. */
async function peer(answers: boolean): Promise<Peer> {
  const heard: string[] = [];
  const sockets: Socket[] = [];
  const waiting: (() => void)[] = [];
  const wake = (): void => {
    for (const each of waiting.splice(0)) each();
  };
  const server: Server = createServer((socket) => {
    sockets.push(socket);
    closeLater(() => socket.destroy());
    socket.on("error", () => socket.destroy());
    socket.on("close", wake);
    socket.on("data", (bytes) => {
      heard.push(bytes.toString());
      if (answers && bytes.toString() === "\r\n\r\n") socket.write("\r\n");
      wake();
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  closeLater(() => server.close());
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new Error("no port");
  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isSo()) await new Promise<void>((done) => waiting.push(done));
  };
  return { to: { transport: "tcp", address: "127.0.0.1", port: bound.port }, heard, sockets, until };
}

/** A connection to that peer which somebody needs. */
async function needed(answers: boolean): Promise<{ mine: Rig; theirs: Peer }> {
  const mine = await rig(openTcp, { transport: "tcp", host: "127.0.0.1", port: 0 });
  const theirs = await peer(answers);
  mine.inUse.add("tcp-1");
  mine.transport.send(OPTIONS, theirs.to, () => undefined);
  await theirs.until(() => theirs.heard.length > 0);
  theirs.heard.length = 0;
  return { mine, theirs };
}

test("@net a connection that we opened and need is pinged, and given up when pongs stop (RFC 5626 §4.4.1)", async () => {
  const { mine, theirs } = await needed(true);
  mine.clock.advance(52_000);
  await theirs.until(() => theirs.heard.includes("\r\n\r\n"));
  // The pong is on its way back: the next message proves that it came before.
  theirs.sockets[0]!.write(OPTIONS);
  await mine.nextSource();
  mine.clock.advance(12_000);
  expect(mine.transport.hasFlow?.("tcp-1")).toBe(true);
  theirs.sockets[0]!.removeAllListeners("data");
  theirs.sockets[0]!.pause();
  mine.clock.advance(70_000);
  await mine.until(() => mine.closedFlows.includes("tcp-1"));
  expect(mine.counted).toEqual(["tcpDeadFlows"]);
});

test("@net a peer that never gave a pong does not know of them: it is pinged and kept", async () => {
  const { mine, theirs } = await needed(false);
  mine.clock.advance(200_000);
  await theirs.until(() => theirs.heard.join("").length >= 12);
  expect(mine.transport.hasFlow?.("tcp-1")).toBe(true);
  expect(theirs.heard.join("")).toMatch(/^(\r\n\r\n)+$/);
});

test("@net a connection nobody needs is not pinged and closes", async () => {
  const { mine, theirs } = await needed(true);
  mine.inUse.clear();
  mine.clock.advance(130_000);
  await theirs.until(() => theirs.sockets[0]!.destroyed);
  expect(theirs.heard).toEqual([]);
  expect(mine.counted).toEqual(["tcpIdleConnections"]);
});

test("@net who cannot be reached in five seconds fails all that waited, none twice", async () => {
  const { mine } = await needed(true);
  // TEST-NET-1 (RFC 5737): nobody answers there, or the machine says at once that there is no way.
  const nowhere: Hop = { transport: "tcp", address: "192.0.2.1", port: 9 };
  const problems: string[] = [];
  const failed = [1, 2].map(
    () =>
      new Promise<void>((done) =>
        mine.transport.send(OPTIONS, nowhere, (problem) => done(void problems.push(problem))),
      ),
  );
  mine.clock.advance(5_000);
  await Promise.all(failed);
  expect(problems).toHaveLength(2);
});

test("@net a peer that takes nothing is dropped when a megabyte waits for it", async () => {
  const { mine, theirs } = await needed(true);
  theirs.sockets[0]!.pause();
  const problems = new Set<string>();
  const big = Buffer.alloc(256 * 1024, 0x20);
  for (let i = 0; i < 200 && mine.transport.hasFlow?.("tcp-1") === true; i++) {
    mine.transport.send(big, theirs.to, (problem) => problems.add(problem));
  }
  await mine.until(() => mine.closedFlows.includes("tcp-1"));
  expect([...problems]).toEqual(["the peer does not take what is sent"]);
  expect(mine.counted).toEqual(["tcpSlowPeers"]);
});
