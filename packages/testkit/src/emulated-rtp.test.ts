import { seededRandom } from "@voepy/base";
import { addressText, makeDestination, PACKET_BYTES } from "@voepy/media-engine";
import { expect, test } from "vitest";
import { EmulatedRtpIo } from "./emulated-rtp.ts";
import { EmulatedNetwork } from "./netem.ts";
import { VirtualClock } from "./virtual-clock.ts";

const A = "10.0.0.1";
const B = "10.0.0.2";

function pair() {
  const clock = new VirtualClock();
  const network = new EmulatedNetwork({ clock, random: seededRandom(2), profile: { delayMs: 5 } });
  return { clock, a: new EmulatedRtpIo(network.host(A)), b: new EmulatedRtpIo(network.host(B)) };
}

test("packets arrive at the socket they were sent to, with their sender, once readable has been told once", async () => {
  const { clock, a, b } = pair();
  const from = await a.open(A, 20_000);
  const [one, two] = [await b.open(B, 30_000), await b.open("0.0.0.0", 30_002)];
  expect([b.udpPortOf(one), b.udpPortOf(two)]).toEqual([30_000, 30_002]);
  let told = 0;
  b.onReadable(() => told++);
  const packet = Uint8Array.of(1, 2, 3);
  expect(a.send(from, packet, 2, makeDestination(B, 30_000)!)).toBe(true);
  expect(a.send(from, packet, 3, makeDestination(B, 30_002)!)).toBe(true);
  // The sender may reuse its buffer at once.
  packet.fill(9);
  await clock.advance(10);
  expect(told).toBe(1);
  const got: unknown[] = [];
  const taken = b.poll(0, (socket, bytes, size, source) => {
    got.push([socket, [...bytes.subarray(0, size)], `${addressText(source)}:${source.udpPort}`]);
  });
  expect(taken).toBe(2);
  expect(got).toEqual([
    [one, [1, 2], `${A}:20000`],
    [two, [1, 2, 3], `${A}:20000`],
  ]);
  expect(b.poll(0, () => expect.unreachable())).toBe(0);
  a.send(from, packet, 1, makeDestination(B, 30_000)!);
  await clock.advance(10);
  expect(told).toBe(2);
});

test("a taken port is refused with the system's code, a closed one is free and deaf, a closed socket sends nothing", async () => {
  const { clock, a, b } = pair();
  const from = await a.open(A, 0);
  const taken = await b.open(B, 30_000);
  await expect(b.open(B, 30_000)).rejects.toMatchObject({ code: "EADDRINUSE" });
  a.send(from, new Uint8Array(4), 4, makeDestination(B, 30_000)!);
  await clock.advance(10);
  b.close(taken);
  expect(b.poll(0, () => expect.unreachable())).toBe(0);
  await b.open(B, 30_000);
  a.shutdown();
  expect(a.send(from, new Uint8Array(4), 4, makeDestination(B, 30_000)!)).toBe(false);
});

test("an oversized packet is cut at PACKET_BYTES", async () => {
  const { clock, a, b } = pair();
  const from = await a.open(A, 0);
  await b.open(B, 30_000);
  a.send(from, new Uint8Array(5000), 5000, makeDestination(B, 30_000)!);
  await clock.advance(10);
  b.poll(0, (_socket, _bytes, size) => expect(size).toBe(PACKET_BYTES));
});
