/**
 * Bidirectional streams over real sockets: callers, this server and a bot that sends everything back, a process each.
 *
 *     node media-engine/bench/fork.bench.ts [--forks 200] [--seconds 20] [--cores 0,1/2/3]
 *
 * CPU is of this process, media thread and fork thread and all. Latency: from a packet's leaving the caller to the first one
 * that brings its sound back. Gap: the longest time between two frames of a stream, as the bot sees them.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { silentLog, systemClock, systemRandom } from "@voepy/base";
import { makeMediaPool } from "../src/worker/pool.ts";
import { aForkRequest } from "../test/fork-request.ts";
import { pcmuParams } from "../test/rig.ts";
import type { FromBot, FromPhones } from "./fork-messages.ts";

const { values } = parseArgs({
  options: {
    forks: { type: "string", default: "200" },
    seconds: { type: "string", default: "20" },
    cores: { type: "string", default: "0,1/2/3" },
  },
});
const count = Number(values.forks);
const seconds = Number(values.seconds);
const [ownCores = "0", phoneCores = "0", botCores = "0"] = values.cores.split("/");

function start(file: string, cores: string): ChildProcess {
  const path = fileURLToPath(new URL(file, import.meta.url));
  return spawn("taskset", ["-c", cores, process.execPath, path], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
}

async function answer<T>(child: ChildProcess): Promise<T> {
  const [message]: T[] = await once(child, "message");
  if (message === undefined) throw new Error("the other process said nothing");
  return message;
}

const at = (sorted: readonly number[], share: number): string =>
  (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN).toFixed(1);

execFileSync("taskset", ["-a", "-p", "-c", ownCores, String(process.pid)], { stdio: "ignore" });
const bot = start("./fork-bot.ts", botCores);
const listening = await answer<Extract<FromBot, { type: "listening" }>>(bot);
const phones = start("./fork-phones.ts", phoneCores);
phones.send({ type: "open", count });
const opened = await answer<Extract<FromPhones, { type: "opened" }>>(phones);
const pool = await makeMediaPool({
  address: "127.0.0.1",
  ports: { first: 20_000, last: 23_999 },
  workers: 1,
  io: "auto",
  clock: systemClock,
  random: systemRandom,
  log: silentLog,
});
const legs = await Promise.all(
  opened.udpPorts.map(async (udpPort, i) => {
    const leg = await pool.openLeg({ leg: `leg${i}` });
    leg.setParams(pcmuParams(udpPort, { remote: { address: "127.0.0.1", udpPort } }));
    leg.startFork(aForkRequest({ stream: `s${i}`, url: `ws://127.0.0.1:${listening.tcpPort}/`, talkback: "self" }));
    return leg;
  }),
);
phones.send({ type: "call", udpPorts: legs.map(({ udpPort }) => udpPort) });
await sleep(4000);
phones.send({ type: "begin" });
bot.send({ type: "begin" });
const cpu = process.cpuUsage();
await sleep(seconds * 1000);
const { user, system } = process.cpuUsage(cpu);
phones.send({ type: "end" });
bot.send({ type: "end" });
const [measured, heard] = await Promise.all([
  answer<Extract<FromPhones, { type: "measured" }>>(phones),
  answer<Extract<FromBot, { type: "heard" }>>(bot),
]);
const latencies = measured.latenciesMs.toSorted((a, b) => a - b);
const gaps = heard.gaps.toSorted((a, b) => a - b);
const dropped = legs.reduce((sum, leg, i) => sum + (leg.forkFigures(`s${i}`)?.framesDropped ?? 0), 0);
console.log(
  `${count} streams  ${((user + system) / 1000 / count / seconds).toFixed(2)} CPU ms/stream-s  ` +
    `${(heard.frames / count / seconds).toFixed(2)} frames/s  dropped ${dropped}  ` +
    `there and back p50 ${at(latencies, 0.5)} p99 ${at(latencies, 0.99)} max ${at(latencies, 1)} ms  ` +
    `gap p50 ${at(gaps, 0.5)} max ${at(gaps, 1)} ms  over 60 ms: ${gaps.filter((ms) => ms > 60).length}  ` +
    `callers late ${measured.worstLateMs.toFixed(1)} ms`,
);
await pool.close();
phones.disconnect();
bot.disconnect();
