/** Limits of the TCP transport: real loopback sockets, handed-in time; @net. */
import { connect, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { closeAll, closeLater } from "../../test/party.ts";
import { OPTIONS, type Rig, rig } from "../../test/transport-rig.ts";
import type { FlowLimits } from "./flow-limits.ts";
import { openTcp } from "./tcp.ts";

afterEach(closeAll);

const tcpRig = (limits: Partial<FlowLimits> = {}): Promise<Rig> =>
  rig(openTcp, { transport: "tcp", host: "127.0.0.1", port: 0 }, limits);

async function client(port: number): Promise<{ socket: Socket; ended: Promise<void>; first: Promise<string> }> {
  const socket = connect({ host: "127.0.0.1", port });
  closeLater(() => socket.destroy());
  socket.on("error", () => socket.destroy());
  const ended = new Promise<void>((done) => socket.once("close", () => done()));
  const first = new Promise<string>((done) => socket.once("data", (bytes) => done(bytes.toString())));
  await new Promise<void>((done) => socket.once("connect", () => done()));
  return { socket, ended, first };
}

test("@net a quiet connection is closed after its time, unless somebody needs it", async () => {
  const { clock, transport, counted, closedFlows, inUse, nextSource } = await tcpRig();
  const quiet = await client(transport.bound.port);
  quiet.socket.write(OPTIONS);
  const first = await nextSource();
  const phone = await client(transport.bound.port);
  phone.socket.write(OPTIONS);
  const second = await nextSource();
  inUse.add(second.flow!);
  clock.advance(130_000);
  await quiet.ended;
  expect(closedFlows).toEqual([first.flow]);
  expect(counted).toEqual(["tcpIdleConnections"]);
  transport.send(Buffer.from("hello"), second, () => undefined);
  expect(await phone.first).toBe("hello");
});

test("@net a message begun and not finished in ten seconds closes the connection", async () => {
  const { clock, transport, counted, nextSource } = await tcpRig();
  const slow = await client(transport.bound.port);
  slow.socket.write(Buffer.concat([OPTIONS, OPTIONS.subarray(0, 30)]));
  await nextSource();
  clock.advance(13_000);
  await slow.ended;
  expect(counted).toEqual(["tcpUnfinishedMessages"]);
});

test("@net one address gets only so many connections, and a closed one makes room", async () => {
  const { transport, counted, nextSource } = await tcpRig({ perAddress: 2 });
  const [one] = [await client(transport.bound.port), await client(transport.bound.port)];
  const third = await client(transport.bound.port);
  await third.ended;
  expect(counted).toEqual(["tcpRefusedConnections"]);
  one!.socket.write(OPTIONS);
  const { flow } = await nextSource();
  one!.socket.destroy();
  await one!.ended;
  // The server hears of the end in its own time: try until there is room.
  const arrived = nextSource();
  for (;;) {
    const again = await client(transport.bound.port);
    again.socket.write(OPTIONS);
    const source = await Promise.race([arrived, again.ended]);
    if (source === undefined) continue;
    expect(source.flow).not.toBe(flow);
    return;
  }
});

test("@net what is sent to a known far end goes by its connection; to a new one a connection is made", async () => {
  const left = await tcpRig();
  const right = await tcpRig();
  const to = { transport: "tcp", address: "127.0.0.1", port: right.transport.bound.port } as const;
  left.transport.send(OPTIONS, to, () => undefined);
  left.transport.send(OPTIONS, to, () => undefined);
  const sources = [await right.nextSource(), await right.nextSource()];
  expect(sources[0]).toEqual(sources[1]);
  // And back by the same one, though its port is no listener's.
  right.transport.send(OPTIONS, sources[0]!, () => undefined);
  expect((await left.nextSource()).port).toBe(to.port);
});
