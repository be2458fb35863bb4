/** The load of relay.bench.ts: pairs of far ends that send 50 packets a second each and time what comes back. */

import { makeDestination, type RtpDestination } from "../src/io/rtp-io.ts";
import { makeSyscallRtpIo } from "../src/io/syscall-rtp-io.ts";
import { makeHeader, writeHeader } from "../src/rtp/header.ts";
import type { FromSender, ToSender } from "./relay-messages.ts";

const PACKET_MS = 20;
const PACKET_BYTES = 172;
const STAMP_AT = 12;
const KEPT_LATENCIES = 400_000;

const io = makeSyscallRtpIo();
const sockets: number[] = [];
let targets: RtpDestination[] = [];
const packet = new Uint8Array(PACKET_BYTES);
const stamp = new DataView(packet.buffer);
const header = makeHeader();
const latencies = new Float64Array(KEPT_LATENCIES);
const figures = { sent: 0, received: 0, latencies: 0, worstLateMs: 0 };
let isMeasuring = false;
let startMs = 0;
let turn = 0;

/** Sends are spread evenly over the packet time: turn t is socket t mod n. */
function sendDue(nowMs: number): void {
  const stepMs = PACKET_MS / sockets.length;
  for (; startMs + turn * stepMs <= nowMs; turn++) {
    const i = turn % sockets.length;
    const count = Math.floor(turn / sockets.length);
    const sentMs = performance.now();
    header.seq = count & 0xffff;
    header.rtpTimestamp = (count * 160) >>> 0;
    header.ssrc = i + 1;
    header.payloadType = payloadTypes[i % 2]!;
    writeHeader(header, packet);
    stamp.setFloat64(STAMP_AT, sentMs);
    io.send(sockets[i]!, packet, PACKET_BYTES, targets[i]!);
    if (!isMeasuring) continue;
    figures.sent++;
    figures.worstLateMs = Math.max(figures.worstLateMs, sentMs - (startMs + turn * stepMs));
  }
}

const take = (_socket: number, bytes: Uint8Array): void => {
  if (!isMeasuring) return;
  figures.received++;
  if (isCross || figures.latencies >= KEPT_LATENCIES) return;
  const sentMs = new DataView(bytes.buffer).getFloat64(STAMP_AT);
  latencies[figures.latencies++] = performance.now() - sentMs;
};

const isCross = process.argv[2] === "cross";
const payloadTypes = isCross ? [0, 8] : [0, 0];

function loop(): void {
  sendDue(performance.now());
  io.poll(1, take);
  setImmediate(loop);
}

function say(message: FromSender): void {
  process.send?.(message);
}

async function open(count: number): Promise<void> {
  for (let i = 0; i < count; i++) sockets.push(await io.open("127.0.0.1", 0));
  say({ type: "opened", udpPorts: sockets.map((socket) => io.udpPortOf(socket)) });
}

process.on("message", (message: ToSender) => {
  if (message.type === "open") void open(message.sockets);
  else if (message.type === "start") {
    targets = message.targets.flatMap((udpPort) => makeDestination("127.0.0.1", udpPort) ?? []);
    startMs = performance.now();
    loop();
  } else {
    isMeasuring = true;
    setTimeout(() => {
      isMeasuring = false;
      const latenciesMs = Array.from(latencies.subarray(0, figures.latencies).toSorted());
      const { sent, received, worstLateMs } = figures;
      say({ type: "measured", sent, received, latenciesMs, worstLateMs });
    }, message.seconds * 1000);
  }
});
process.on("disconnect", () => process.exit(0));
