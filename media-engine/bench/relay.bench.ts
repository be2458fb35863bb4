/**
 * Bridged pairs in relay over real sockets: the server pinned to one core, the load to others.
 *
 *     node media-engine/bench/relay.bench.ts [--pairs 200,600,1000] [--seconds 6] [--cores 0,1,2] [--io syscall|dgram] [--cross]
 *
 * CPU is user and system time of the whole server process; a call-second is one bridged pair for one second (100 packets
 * in, 100 out). `late` is how late the load itself was at worst: above a few ms the run tells little about latency.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { FromSender, FromServer, ToSender, ToServer } from "./relay-messages.ts";

const { values } = parseArgs({
  options: {
    pairs: { type: "string", default: "200,600,1000" },
    seconds: { type: "string", default: "6" },
    cores: { type: "string", default: "0,1,2" },
    io: { type: "string", default: "syscall" },
    cross: { type: "boolean", default: false },
  },
});
const seconds = Number(values.seconds);
const codecs = values.cross ? "cross" : "same";

class Child<In, Out extends { readonly type: string }> {
  readonly #process: ChildProcess;

  constructor(file: string, core: string, args: readonly string[]) {
    const path = fileURLToPath(new URL(file, import.meta.url));
    this.#process = spawn("taskset", ["-c", core, process.execPath, path, ...args], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
  }

  async ask<Type extends Out["type"]>(message: In & object, answer: Type): Promise<Extract<Out, { type: Type }>> {
    this.tell(message);
    const [got]: Extract<Out, { type: Type }>[] = await once(this.#process, "message");
    if (got?.type !== answer) throw new Error(`expected ${answer}, got ${got?.type}`);
    return got;
  }

  tell(message: In & object): void {
    this.#process.send(message);
  }

  async end(): Promise<void> {
    this.#process.disconnect();
    await once(this.#process, "exit");
  }
}

async function run(pairs: number): Promise<void> {
  const [serverCore = "0", ...loadCores] = values.cores.split(",");
  const server = new Child<ToServer, FromServer>("./relay-server.ts", serverCore, [values.io]);
  const senders = loadCores.map((core) => new Child<ToSender, FromSender>("./relay-sender.ts", core, [codecs]));
  const each = Math.ceil(pairs / senders.length);
  const opened = await Promise.all(senders.map((sender) => sender.ask({ type: "open", sockets: 2 * each }, "opened")));
  const far = opened.flatMap(({ udpPorts }) => udpPorts);
  const { udpPorts } = await server.ask({ type: "open", udpPorts: far, codecs }, "opened");
  senders.forEach((sender, i) =>
    sender.tell({ type: "start", targets: udpPorts.slice(2 * each * i, 2 * each * (i + 1)) }),
  );
  await sleep(3000);
  const [measured, ...loads] = await Promise.all([
    server.ask({ type: "measure", seconds }, "measured"),
    ...senders.map((sender) => sender.ask({ type: "measure", seconds }, "measured")),
  ]);
  await Promise.all([server.end(), ...senders.map((sender) => sender.end())]);
  print(each * senders.length, measured, loads);
}

function print(
  pairs: number,
  measured: Extract<FromServer, { type: "measured" }>,
  loads: readonly Extract<FromSender, { type: "measured" }>[],
): void {
  const sent = loads.reduce((sum, load) => sum + load.sent, 0);
  const received = loads.reduce((sum, load) => sum + load.received, 0);
  const latencies = loads.flatMap((load) => load.latenciesMs).toSorted((a, b) => a - b);
  const at = (share: number): string => (latencies[Math.floor(latencies.length * share)] ?? Number.NaN).toFixed(2);
  const late = Math.max(...loads.map((load) => load.worstLateMs)).toFixed(1);
  const perCallSecond = (measured.cpuMs / (pairs * seconds)).toFixed(3);
  const core = (measured.cpuMs / (seconds * 1000)).toFixed(2);
  const missing = (((sent - received) / sent) * 100).toFixed(3);
  console.log(
    `${String(pairs).padStart(5)} pairs  ${perCallSecond} CPU ms/call-s  ${core} core  missing ${missing} %  ` +
      `latency p50 ${at(0.5)} p99 ${at(0.99)} max ${at(0.999999)} ms  late ${late} ms  ` +
      `rss ${Math.round(measured.rssBytes / 1e6)} MB  debt ${measured.counters["tick_debt"] ?? 0}`,
  );
}

for (const pairs of values.pairs.split(",")) await run(Number(pairs));
