import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { platform } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import type { Worker } from "node:worker_threads";
import { silentLog, systemClock, systemRandom } from "@voepy/base";
import { afterEach, describe, expect, test } from "vitest";
import { FarEnd, pcmuParams } from "../../test/rig.ts";
import { HEADER_BYTES } from "../rtp/header.ts";
import type { MediaEvent, MediaPool } from "../types.ts";
import { makeMediaPool } from "./pool.ts";
import type { MediaPoolOptions } from "./pool-options.ts";

const LOOPBACK = "127.0.0.1";
const cleanUp: (() => unknown)[] = [];

afterEach(async () => {
  for (const undo of cleanUp.splice(0).toReversed()) await undo();
});

async function open(more: Partial<MediaPoolOptions>): Promise<{ pool: MediaPool; events: MediaEvent[] }> {
  const pool = await makeMediaPool({
    address: LOOPBACK,
    ports: { first: 32_000, last: 32_999 },
    workers: 1,
    io: "auto",
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    ...more,
  });
  const events: MediaEvent[] = [];
  pool.onEvent((event) => events.push(event));
  cleanUp.push(() => pool.close());
  return { pool, events };
}

/** A far end on a real socket, and the leg that talks to it. */
async function party(pool: MediaPool, name: string, near?: string) {
  const socket = createSocket("udp4");
  socket.bind(0, LOOPBACK);
  await once(socket, "listening");
  cleanUp.push(() => socket.close());
  const { port } = socket.address();
  const leg = await pool.openLeg({ leg: name, near });
  leg.setParams(pcmuParams(port, { remote: { address: LOOPBACK, udpPort: port } }));
  return { leg, socket, far: new FarEnd(port, LOOPBACK), heard: collect(socket) };
}

function collect(socket: Socket): Uint8Array[] {
  const heard: Uint8Array[] = [];
  socket.on("message", (bytes) => heard.push(bytes.subarray(HEADER_BYTES)));
  return heard;
}

/** Sends `bytes` to `leg` until `isDone`, bounded: UDP and the scheduler owe nothing. */
async function until(isDone: () => boolean, act: () => void): Promise<void> {
  for (let turn = 0; turn < 400 && !isDone(); turn++) {
    act();
    await sleep(10);
  }
  expect(isDone()).toBe(true);
}

const speech = new Uint8Array(160).fill(0x42);

function isSpeech(payload: Uint8Array): boolean {
  return payload.length === 160 && payload.every((byte) => byte === 0x42);
}

const backends: [string, Partial<MediaPoolOptions>][] = [
  ["inline on node:dgram", { workers: 0, io: "dgram" }],
  ["a thread on node:dgram", { io: "dgram" }],
];
if (platform() === "linux") backends.push(["a thread on system calls", { io: "syscall" }]);

describe.each(backends)("%s", (_name, options) => {
  test("bridges two far ends and tells the first packet", async () => {
    const { pool, events } = await open(options);
    const [ann, bob] = [await party(pool, "a"), await party(pool, "b", "a")];
    pool.setBridge("bridge", ["a", "b"]);
    const send = (): void => ann.socket.send(ann.far.audio(speech), ann.leg.udpPort, LOOPBACK);
    await until(() => bob.heard.some(isSpeech), send);
    expect(events).toContainEqual({ type: "rtpStarted", leg: "a" });
    expect((await bob.leg.stats()).path).toBe("relay");
    expect((await ann.leg.stats()).rxPackets).toBeGreaterThan(0);
  });

  test("a leg has an even port, and closing gives it back", async () => {
    const { pool } = await open({ ...options, ports: { first: 33_000, last: 33_001 } });
    for (let i = 0; i < 3; i++) {
      const leg = await pool.openLeg({ leg: `leg${i}` });
      expect(leg.udpPort).toBe(33_000);
      await expect(pool.openLeg({ leg: "more" })).rejects.toMatchObject({
        code: "upstream_error",
        message: expect.stringContaining("33000–33001"),
      });
      const last = await leg.close();
      expect(last.path).toBe("idle");
    }
    expect(await pool.counters()).toMatchObject({ legs: 0, udp_ports: 0 });
  });

  test("plays a tone to its end", async () => {
    const { pool, events } = await open(options);
    const { leg, heard } = await party(pool, "a");
    const segments = [{ frequenciesHz: [440], levelDbm0: -10, durationMs: 60 }];
    leg.play({ prompt: "p", source: { type: "tone", tone: { segments, repeat: false } }, loop: 1 });
    await until(
      () => events.length === 2,
      () => undefined,
    );
    expect(events).toEqual([
      { type: "playoutStarted", leg: "a", prompt: "p" },
      { type: "playoutEnded", leg: "a", prompt: "p", reason: "completed", error: undefined },
    ]);
    expect(heard.length).toBeGreaterThan(2);
  });

  test("a prompt that was not prepared fails by itself", async () => {
    const { pool, events } = await open(options);
    const { leg } = await party(pool, "a");
    leg.play({ prompt: "p", source: { type: "audio", key: "nowhere" }, loop: 1 });
    await until(
      () => events.length > 0,
      () => undefined,
    );
    expect(events.at(-1)).toMatchObject({ type: "playoutEnded", prompt: "p", reason: "failed" });
  });

  test("a leg closed while it plays ends the prompt as closed", async () => {
    const { pool, events } = await open(options);
    const { leg } = await party(pool, "a");
    const segments = [{ frequenciesHz: [440], levelDbm0: -10, durationMs: 1000 }];
    leg.play({ prompt: "p", source: { type: "tone", tone: { segments, repeat: true } }, loop: 0 });
    await until(
      () => events.length === 1,
      () => undefined,
    );
    await leg.close();
    await until(
      () => events.length === 2,
      () => undefined,
    );
    expect(events.at(-1)).toMatchObject({ type: "playoutEnded", reason: "closed" });
  });
});

describe.runIf(platform() === "linux")("several threads", () => {
  test("legs born on different threads are bridged by moving one, with its far end and its numbers", async () => {
    const { pool } = await open({ workers: 2, io: "syscall" });
    const [ann, bob] = [await party(pool, "a"), await party(pool, "b")];
    const talk = (): void => {
      ann.socket.send(ann.far.audio(speech), ann.leg.udpPort, LOOPBACK);
      bob.socket.send(bob.far.audio(speech), bob.leg.udpPort, LOOPBACK);
    };
    await until(() => ann.heard.length > 2 && bob.heard.length > 2, talk);
    const before = [await ann.leg.stats(), await bob.leg.stats()];
    pool.setBridge("bridge", ["a", "b"]);
    await until(() => ann.heard.some(isSpeech) && bob.heard.some(isSpeech), talk);
    const after = [await ann.leg.stats(), await bob.leg.stats()];
    expect(after.map(({ ssrc }) => ssrc)).toEqual(before.map(({ ssrc }) => ssrc));
    expect(after.map(({ path }) => path)).toEqual(["relay", "relay"]);
    after.forEach((stats, i) => expect(stats.txPackets).toBeGreaterThan(before[i]!.txPackets));
  });

  test("a prompt that plays while its leg moves is told as started once and still ends", async () => {
    const { pool, events } = await open({ workers: 2, io: "syscall" });
    await party(pool, "a");
    const { leg } = await party(pool, "b");
    const segments = [{ frequenciesHz: [440], levelDbm0: -10, durationMs: 200 }];
    leg.play({ prompt: "p", source: { type: "tone", tone: { segments, repeat: false } }, loop: 1 });
    await until(
      () => events.length === 1,
      () => undefined,
    );
    pool.setBridge("bridge", ["a", "b"]);
    leg.stopPlayout("all");
    await until(
      () => events.length > 1,
      () => undefined,
    );
    expect(events.map((event) => event.type)).toEqual(["playoutStarted", "playoutEnded"]);
  });
});

describe.runIf(platform() === "linux")("a media thread that dies", () => {
  test("takes its own legs with it, rejects what it was asked, and is replaced", async () => {
    const threads: Worker[] = [];
    const note = (thread: Worker): number => threads.push(thread);
    process.on("worker", note);
    const { pool, events } = await open({ workers: 2, io: "syscall", ports: { first: 34_000, last: 34_003 } });
    process.off("worker", note);
    const [ann, bob] = [await party(pool, "a"), await party(pool, "b")];
    await threads[0]?.terminate();
    await until(
      () => events.some((event) => event.type === "workerLost"),
      () => undefined,
    );
    const lost = events.flatMap((event) => (event.type === "workerLost" ? event.legs : []));
    expect(lost.length).toBe(1);
    const [dead, alive] = lost[0] === "a" ? [ann, bob] : [bob, ann];
    await expect(dead.leg.stats()).rejects.toMatchObject({ code: "internal_error" });
    expect((await dead.leg.close()).path).toBe("idle");
    expect((await alive.leg.stats()).path).toBe("idle");
    // Its port is free again, and there are threads for new legs.
    const next = await pool.openLeg({ leg: "c" });
    expect(next.udpPort).toBe(dead.leg.udpPort);
    expect((await next.stats()).path).toBe("idle");
  });
});
