import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { type LogFields, silentLog, systemClock } from "@voepy/base";
import type { TracedMessage } from "@voepy/sip-stack";
import { VirtualClock } from "@voepy/testkit";
import { afterEach, expect, test, vi } from "vitest";
import { type HepSender, startHep } from "./hep.ts";

let collector: Socket | undefined;
let sender: HepSender | undefined;
afterEach(async () => {
  await sender?.close();
  collector?.close();
  [sender, collector] = [undefined, undefined];
});

const MESSAGE: TracedMessage = {
  direction: "sent",
  peer: { transport: "udp", address: "192.0.2.7", port: 5060 },
  local: { address: "192.0.2.1", port: 5060 },
  callId: "x",
  wallMs: 0,
  bytes: Buffer.from("OPTIONS sip:b@x SIP/2.0\r\n\r\n"),
};

test("@net a collector on loopback gets each message, and the rest is counted as dropped", async () => {
  collector = createSocket("udp4");
  collector.bind(0, "127.0.0.1");
  await once(collector, "listening");
  const { port } = collector.address();
  sender = startHep({ host: "127.0.0.1", port, captureId: 7, clock: systemClock, log: silentLog });
  sender.send(MESSAGE);
  expect(sender.counters()).toEqual({ sent: 0, dropped: 1, refused: 0 });
  const got = once(collector, "message");
  await vi.waitFor(() => {
    sender!.send(MESSAGE);
    expect(sender!.counters().sent).toBeGreaterThan(0);
  });
  const [packet] = await got;
  expect(packet.subarray(0, 4).toString()).toBe("HEP3");
  expect(packet.toString("latin1")).toContain("OPTIONS sip:b@x");
  const before = sender.counters().dropped;
  sender.send({ ...MESSAGE, bytes: Buffer.alloc(65_500) });
  await sender.close();
  sender.send(MESSAGE);
  expect(sender.counters().dropped).toBe(before + 2);
});

test("a collector whose name does not resolve is told once, and tried again later", async () => {
  const clock = new VirtualClock();
  const told: LogFields[] = [];
  const log = { ...silentLog, warn: (_: string, fields: LogFields = {}) => void told.push(fields) };
  sender = startHep({ host: "nowhere.invalid", port: 9060, captureId: 7, clock, log });
  await vi.waitFor(() => expect(told).toHaveLength(1));
  sender.send(MESSAGE);
  expect(sender.counters()).toEqual({ sent: 0, dropped: 1, refused: 0 });
  await clock.advance(30_000);
  await vi.waitFor(() => expect(told).toHaveLength(2));
});
