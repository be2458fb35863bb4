/** What every RTP backend owes, run against each over loopback. */
import { afterEach, describe, expect, test } from "vitest";
import { addressText, makeDestination, PACKET_BYTES, type RtpIo } from "./rtp-io.ts";

const LOOPBACK = "127.0.0.1";

interface Arrived {
  readonly socket: number;
  readonly bytes: Uint8Array;
  readonly from: { readonly address: string; readonly udpPort: number };
}

export function rtpIoCases(name: string, make: () => RtpIo): void {
  describe(`RtpIo by ${name}`, () => {
    const opened: RtpIo[] = [];
    const start = (): RtpIo => {
      const io = make();
      opened.push(io);
      return io;
    };
    afterEach(() => {
      for (const io of opened.splice(0)) io.shutdown();
    });

    test("carries a datagram unchanged and tells who sent it", async () => {
      const io = start();
      const [a, b] = [await io.open(LOOPBACK, 0), await io.open(LOOPBACK, 0)];
      const bytes = Uint8Array.from({ length: 172 }, (_, i) => i);
      expect(io.send(a, bytes, 172, to(io.udpPortOf(b)))).toBe(true);
      const [got] = await arrivals(io, 1);
      expect(got).toEqual({ socket: b, bytes, from: { address: LOOPBACK, udpPort: io.udpPortOf(a) } });
    });

    test("sends only the first `size` bytes and lets the buffer be reused at once", async () => {
      const io = start();
      const [a, b] = [await io.open(LOOPBACK, 0), await io.open(LOOPBACK, 0)];
      const bytes = new Uint8Array(20).fill(1);
      io.send(a, bytes, 13, to(io.udpPortOf(b)));
      bytes.fill(2);
      const [got] = await arrivals(io, 1);
      expect(got?.bytes).toEqual(new Uint8Array(13).fill(1));
    });

    test("carries IPv6", async () => {
      const io = start();
      const [a, b] = [await io.open("::1", 0), await io.open("::1", 0)];
      const there = makeDestination("::1", io.udpPortOf(b));
      if (there === undefined) throw new Error("::1 must be a destination");
      io.send(a, new Uint8Array(12), 12, there);
      const [got] = await arrivals(io, 1);
      expect(got?.from).toEqual({ address: "0:0:0:0:0:0:0:1", udpPort: io.udpPortOf(a) });
    });

    test("cuts a datagram that is longer than any RTP packet", async () => {
      const io = start();
      const [a, b] = [await io.open(LOOPBACK, 0), await io.open(LOOPBACK, 0)];
      io.send(a, new Uint8Array(9000), 9000, to(io.udpPortOf(b)));
      const [got] = await arrivals(io, 1);
      expect(got?.bytes.length).toBe(PACKET_BYTES);
    });

    test("gives an empty datagram as an empty packet", async () => {
      const io = start();
      const [a, b] = [await io.open(LOOPBACK, 0), await io.open(LOOPBACK, 0)];
      io.send(a, new Uint8Array(1), 0, to(io.udpPortOf(b)));
      const [got] = await arrivals(io, 1);
      expect(got?.bytes.length).toBe(0);
    });

    test("refuses a port that is taken with EADDRINUSE", async () => {
      const io = start();
      const taken = await io.open(LOOPBACK, 0);
      await expect(io.open(LOOPBACK, io.udpPortOf(taken))).rejects.toMatchObject({ code: "EADDRINUSE" });
    });

    test("refuses an address that is not this machine's", async () => {
      await expect(start().open("192.0.2.1", 0)).rejects.toMatchObject({ code: "EADDRNOTAVAIL" });
    });

    test("refuses a host name, since names are resolved elsewhere", async () => {
      await expect(start().open("localhost", 0)).rejects.toThrow("localhost is not an IP address");
    });

    test("frees the port of a closed socket", async () => {
      const io = start();
      const first = await io.open(LOOPBACK, 0);
      const udpPort = io.udpPortOf(first);
      io.close(first);
      await vitestTurn();
      const again = await io.open(LOOPBACK, udpPort);
      expect(io.udpPortOf(again)).toBe(udpPort);
    });

    test("closing twice, or a socket never opened, does nothing", async () => {
      const io = start();
      const socket = await io.open(LOOPBACK, 0);
      io.close(socket);
      io.close(socket);
      io.close(123_456);
    });

    test("brings a hundred packets of many sockets, each once", async () => {
      const io = start();
      const target = await io.open(LOOPBACK, 0);
      const sender = await io.open(LOOPBACK, 0);
      for (let i = 0; i < 100; i++) io.send(sender, Uint8Array.of(i), 1, to(io.udpPortOf(target)));
      const got = await arrivals(io, 100);
      expect(got.map((arrived) => arrived.bytes[0])).toEqual(Array.from({ length: 100 }, (_, i) => i));
    });
  });
}

function to(udpPort: number) {
  const destination = makeDestination(LOOPBACK, udpPort);
  if (destination === undefined) throw new Error(`${udpPort} must be a port`);
  return destination;
}

function vitestTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Polls until `count` packets came; gives up after a bounded number of turns. */
async function arrivals(io: RtpIo, count: number): Promise<Arrived[]> {
  const got: Arrived[] = [];
  for (let turn = 0; turn < 5000 && got.length < count; turn++) {
    io.poll(1, (socket, packet, size, source) => {
      const from = { address: addressText(source), udpPort: source.udpPort };
      got.push({ socket, bytes: packet.slice(0, size), from });
    });
    await vitestTurn();
  }
  return got;
}
