import { writeSync } from "node:fs";
import { platform } from "node:os";
import { expect, test } from "vitest";
import { rtpIoCases } from "./rtp-io.cases.ts";
import { makeDestination } from "./rtp-io.ts";
import { makeSyscallRtpIo } from "./syscall-rtp-io.ts";

if (platform() === "linux") {
  rtpIoCases("system calls", makeSyscallRtpIo);

  test("a socket released by one io and adopted by another keeps its port and its packets", async () => {
    const [from, to] = [makeSyscallRtpIo(), makeSyscallRtpIo()];
    const sender = await from.open("127.0.0.1", 0);
    const moving = await from.open("127.0.0.1", 0);
    const udpPort = from.udpPortOf(moving);
    const there = makeDestination("127.0.0.1", udpPort);
    if (there === undefined) throw new Error("loopback must be a destination");
    const descriptor = from.release(moving);
    from.send(sender, Uint8Array.of(7), 1, there);
    const adopted = to.adopt(descriptor);
    const got: number[] = [];
    for (let turn = 0; turn < 1000 && got.length === 0; turn++) to.poll(1, (_, packet) => got.push(packet[0] ?? -1));
    expect(got).toEqual([7]);
    expect(to.udpPortOf(adopted)).toBe(udpPort);
    from.shutdown();
    to.shutdown();
  });

  test("a write to the wake descriptor ends a poll without a packet", () => {
    const io = makeSyscallRtpIo();
    writeSync(io.wakeDescriptor, new Uint8Array(new BigUint64Array([1n]).buffer));
    // Without the wake this would outlast the test's time limit.
    expect(io.poll(60_000, () => undefined)).toBe(0);
    io.shutdown();
  });
} else test.skip("RTP by system calls needs Linux", () => undefined);
