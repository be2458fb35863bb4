/** The measured process of relay.bench.ts: a media pool with one thread and bridged pairs of legs. */
import { setTimeout as sleep } from "node:timers/promises";
import { silentLog, systemClock, systemRandom } from "@voepy/base";
import { makeMediaPool } from "../src/index.ts";
import type { PortParams } from "../src/types.ts";
import type { FromServer, ToServer } from "./relay-messages.ts";

const LOOPBACK = "127.0.0.1";
const pool = await makeMediaPool({
  address: LOOPBACK,
  ports: { first: 20_000, last: 29_999 },
  workers: 1,
  io: process.argv[2] === "dgram" ? "dgram" : "syscall",
  clock: systemClock,
  random: systemRandom,
  log: silentLog,
});

function params(udpPort: number, codec: "PCMU" | "PCMA"): PortParams {
  const payloadType = codec === "PCMU" ? 0 : 8;
  return {
    codec,
    txPayloadType: payloadType,
    rxPayloadType: payloadType,
    rtpClockHz: 8000,
    channels: 1,
    fmtp: "",
    ptimeMs: 20,
    telephoneEvent: undefined,
    remote: { address: LOOPBACK, udpPort },
    maySend: true,
    mayReceive: true,
  };
}

async function open(peers: readonly number[], codecs: "same" | "cross"): Promise<number[]> {
  const own: number[] = [];
  for (let i = 0; i < peers.length; i++) {
    const leg = await pool.openLeg({ leg: `leg${i}`, near: `leg${i - 1}` });
    leg.setParams(params(peers[i]!, codecs === "cross" && i % 2 === 1 ? "PCMA" : "PCMU"));
    own.push(leg.udpPort);
    if (i % 2 === 1) pool.setBridge(`bridge${i}`, [`leg${i - 1}`, `leg${i}`]);
  }
  return own;
}

async function measure(seconds: number): Promise<FromServer> {
  const before = process.cpuUsage();
  await sleep(seconds * 1000);
  const used = process.cpuUsage(before);
  const counters = await pool.counters();
  return { type: "measured", cpuMs: (used.user + used.system) / 1000, rssBytes: process.memoryUsage().rss, counters };
}

process.on("message", async (message: ToServer) => {
  const answer: FromServer =
    message.type === "open"
      ? { type: "opened", udpPorts: await open(message.udpPorts, message.codecs) }
      : await measure(message.seconds);
  process.send?.(answer);
});
process.on("disconnect", () => process.exit(0));
