/** RTCP and SRTP over real sockets, and through a move to another thread. */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { platform } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { seededRandom, silentLog, systemClock, systemRandom } from "@voepy/base";
import { afterEach, describe, expect, test } from "vitest";
import { FarEnd, pcmuParams } from "../../test/rig.ts";
import { readCompound } from "../rtcp/compound.ts";
import { HEADER_BYTES } from "../rtp/header.ts";
import { SrtpSession } from "../srtp/srtp-session.ts";
import type { MediaPool, PortParams, SrtpParams } from "../types.ts";
import { makeMediaPool } from "./pool.ts";
import type { MediaPoolOptions } from "./pool-options.ts";

const LOOPBACK = "127.0.0.1";
const SPEECH = new Uint8Array(160).fill(0x42);
const cleanUp: (() => unknown)[] = [];

afterEach(async () => {
  for (const undo of cleanUp.splice(0).toReversed()) await undo();
});

async function open(more: Partial<MediaPoolOptions>): Promise<MediaPool> {
  const pool = await makeMediaPool({
    address: LOOPBACK,
    ports: { first: 35_000, last: 35_499 },
    workers: 1,
    io: "auto",
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    ...more,
  });
  cleanUp.push(() => pool.close());
  return pool;
}

async function bound(): Promise<Socket> {
  const socket = createSocket("udp4");
  socket.bind(0, LOOPBACK);
  await once(socket, "listening");
  cleanUp.push(() => socket.close());
  return socket;
}

async function until(isDone: () => boolean, act: () => unknown): Promise<void> {
  for (let turn = 0; turn < 500 && !isDone(); turn++) {
    await act();
    await sleep(10);
  }
  expect(isDone()).toBe(true);
}

async function party(pool: MediaPool, leg: string, more: Partial<PortParams>) {
  const socket = await bound();
  const { port } = socket.address();
  const media = await pool.openLeg({ leg });
  media.setParams(pcmuParams(port, { remote: { address: LOOPBACK, udpPort: port }, ...more }));
  const heard: Uint8Array[] = [];
  socket.on("message", (bytes) => heard.push(bytes));
  return { media, socket, heard, far: new FarEnd(port, LOOPBACK) };
}

const backends: [string, Partial<MediaPoolOptions>][] = [
  ["inline on node:dgram", { workers: 0, io: "dgram" }],
  ["a thread on node:dgram", { io: "dgram" }],
];
if (platform() === "linux") backends.push(["a thread on system calls", { io: "syscall" }]);

describe.each(backends)("%s", (_name, options) => {
  test("without rtcp-mux reports go to and come from ports of their own (RFC 3550 §11)", async () => {
    const pool = await open(options);
    const control = await bound();
    const reports: Uint8Array[] = [];
    let fromPort = 0;
    control.on("message", (bytes, { port }) => {
      reports.push(bytes);
      fromPort = port;
    });
    const rtcp = { mux: false, remoteUdpPort: control.address().port };
    const { media, socket, far } = await party(pool, "a", { rtcp });
    await until(
      () => reports.length > 0,
      () => socket.send(far.audio(SPEECH), media.udpPort, LOOPBACK),
    );
    expect(fromPort).toBe(media.udpPort + 1);
    const [report] = readCompound(Uint8Array.from(reports[0] ?? [])) ?? [];
    expect(report?.blocks[0]?.ssrc).toBe(far.ssrc);
    // Sent back as it is, it counts as one of the far end's.
    control.send(reports[0] ?? new Uint8Array(), media.udpPort + 1, LOOPBACK);
    const counters = async (): Promise<number> => (await pool.counters())["rtcp_in"] ?? 0;
    let came = 0;
    await until(
      () => came > 0,
      async () => {
        came = await counters();
      },
    );
    await media.close();
    expect((await pool.counters())["rtcp_foreign"]).toBe(0);
    await until(
      () => reports.at(-1)?.includes(203) === true,
      () => undefined,
    );
  });
});

describe.skipIf(platform() !== "linux")("moved to another thread", () => {
  const random = seededRandom(31);

  function keys(): { ours: SrtpParams; theirs: SrtpSession } {
    const [txKey, rxKey] = [random.fill(new Uint8Array(30)), random.fill(new Uint8Array(30))];
    const suite = "AES_CM_128_HMAC_SHA1_80";
    return { ours: { suite, txKey, rxKey }, theirs: new SrtpSession({ suite, txKey: rxKey, rxKey: txKey }) };
  }

  test("an encrypted leg goes on where its keys stood", async () => {
    const pool = await open({ workers: 2, io: "syscall" });
    const [a, b] = [keys(), keys()];
    const ann = await party(pool, "a", { srtp: a.ours });
    const bob = await party(pool, "b", { srtp: b.ours });
    const say = (): void => {
      const packet = new Uint8Array(256);
      packet.set(ann.far.audio(SPEECH));
      const size = a.theirs.tx.protect(packet, HEADER_BYTES + SPEECH.length);
      ann.socket.send(packet.subarray(0, size), ann.media.udpPort, LOOPBACK);
    };
    // Its numbers pass the wrap before it moves.
    ann.far.seq = 0xfffe;
    ann.media.setEcho(true);
    await until(() => ann.heard.length > 5, say);
    ann.media.setEcho(false);
    pool.setBridge("bridge", ["a", "b"]);
    await until(() => bob.heard.length > 5, say);
    const packet = Uint8Array.from(bob.heard.at(-1) ?? []);
    expect(b.theirs.rx.unprotect(packet, packet.length)).toBe(HEADER_BYTES + SPEECH.length);
    expect(packet.subarray(HEADER_BYTES, HEADER_BYTES + SPEECH.length)).toEqual(SPEECH);
    expect((await pool.counters())["drop_unauthentic"]).toBe(0);
  });
});
