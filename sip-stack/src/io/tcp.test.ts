/** Limits of the TCP transport: real loopback sockets, handed-in time; @net. */
import { connect, type Socket } from "node:net";
import { type Clock, silentLog } from "@voepy/base";
import { afterEach, expect, test } from "vitest";
import type { SipAddress } from "../ua/types.ts";
import { DEFAULT_FLOW_LIMITS, type FlowLimits } from "./flow-limits.ts";
import { openTcp } from "./tcp.ts";
import type { SipTransport, TransportSink } from "./transport.ts";

/** Runs what is due when told to. */
class HandClock implements Clock {
  #nowMs = 0;
  readonly #due = new Set<{ atMs: number; run: () => void }>();

  nowMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#nowMs;
  }

  schedule(atMs: number, run: () => void) {
    const entry = { atMs, run };
    this.#due.add(entry);
    return { cancel: () => void this.#due.delete(entry) };
  }

  advance(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      const next = [...this.#due].filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined) break;
      this.#due.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.run();
    }
    this.#nowMs = untilMs;
  }
}

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

interface Rig {
  readonly clock: HandClock;
  readonly transport: SipTransport;
  readonly counted: string[];
  readonly closedFlows: string[];
  readonly inUse: Set<string>;
  /** The next message's source. */
  nextSource(): Promise<SipAddress>;
}

async function rig(limits: Partial<FlowLimits> = {}): Promise<Rig> {
  const clock = new HandClock();
  const counted: string[] = [];
  const closedFlows: string[] = [];
  const inUse = new Set<string>();
  const sources: SipAddress[] = [];
  let wake = (): void => undefined;
  const sink: TransportSink = {
    received: () => undefined,
    framed: (_, source) => {
      sources.push(source);
      wake();
    },
    flowClosed: (flow) => closedFlows.push(flow),
    isFlowInUse: (flow) => inUse.has(flow),
    count: (name) => counted.push(name),
  };
  let flows = 0;
  const open = openTcp({
    clock,
    log: silentLog,
    flowId: (name) => `${name}-${++flows}`,
    limits: { ...DEFAULT_FLOW_LIMITS, ...limits },
  });
  const transport = await open({ transport: "tcp", host: "127.0.0.1", port: 0 }, sink);
  closers.push(() => transport.close());
  const nextSource = async (): Promise<SipAddress> => {
    while (sources.length === 0) await new Promise<void>((done) => (wake = done));
    return sources.shift()!;
  };
  return { clock, transport, counted, closedFlows, inUse, nextSource };
}

async function client(port: number): Promise<{ socket: Socket; ended: Promise<void>; first: Promise<string> }> {
  const socket = connect({ host: "127.0.0.1", port });
  closers.push(() => socket.destroy());
  socket.on("error", () => socket.destroy());
  const ended = new Promise<void>((done) => socket.once("close", () => done()));
  const first = new Promise<string>((done) => socket.once("data", (bytes) => done(bytes.toString())));
  await new Promise<void>((done) => socket.once("connect", () => done()));
  return { socket, ended, first };
}

const OPTIONS =
  "OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/TCP 10.0.0.7;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";

test("@net a quiet connection is closed after its time, unless somebody needs it", async () => {
  const { clock, transport, counted, closedFlows, inUse, nextSource } = await rig();
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
  const { clock, transport, counted, nextSource } = await rig();
  const slow = await client(transport.bound.port);
  slow.socket.write(OPTIONS + OPTIONS.slice(0, 30));
  await nextSource();
  clock.advance(13_000);
  await slow.ended;
  expect(counted).toEqual(["tcpUnfinishedMessages"]);
});

test("@net one address gets only so many connections, and a closed one makes room", async () => {
  const { transport, counted, nextSource } = await rig({ perAddress: 2 });
  const [one] = [await client(transport.bound.port), await client(transport.bound.port)];
  const third = await client(transport.bound.port);
  await third.ended;
  expect(counted).toEqual(["tcpRefusedConnections"]);
  one!.socket.write(OPTIONS);
  const { flow } = await nextSource();
  one!.socket.destroy();
  await one!.ended;
  // The server hears of the end in its own time: try until there is room.
  for (;;) {
    const again = await client(transport.bound.port);
    again.socket.write(OPTIONS);
    const source = await Promise.race([nextSource(), again.ended]);
    if (source === undefined) continue;
    expect(source.flow).not.toBe(flow);
    return;
  }
});

test("@net what is sent to a known far end goes by its connection; to a new one a connection is made", async () => {
  const left = await rig();
  const right = await rig();
  const to = { transport: "tcp", address: "127.0.0.1", port: right.transport.bound.port } as const;
  left.transport.send(Buffer.from(OPTIONS), to, () => undefined);
  left.transport.send(Buffer.from(OPTIONS), to, () => undefined);
  const sources = [await right.nextSource(), await right.nextSource()];
  expect(sources[0]).toEqual(sources[1]);
  // And back by the same one, though its port is no listener's.
  right.transport.send(Buffer.from(OPTIONS), sources[0]!, () => undefined);
  expect((await left.nextSource()).port).toBe(to.port);
});
