/**
 * Benchmarks against a running server: scripts/bench [SCENARIO…] [-n CALLS,…] [-d SECONDS] [--server-core N] [--load-core N]
 *
 * The server runs on one core, the generator (sipload) on another. The same calls are then placed to `floor`, a bare C
 * relay with one socket per leg: what the machine's system calls alone cost in that minute. Compare ratios to the floor, not
 * figures of different machines. A run in which the host or the generator was late is repeated, three times at most.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { freeTcpPort, freeUdpPort, type PinnedProcess, startPinned } from "./pinned-process.ts";
import { isClean, type MeasuredRun, printJson, printTable } from "./report.ts";
import { benchConfig, SCENARIOS, type Scenario, type ServerPorts } from "./scenarios.ts";
import { build, type LoadReport, noiseOf, runLoad } from "./sipload.ts";

const TRIES = 3;
const root = dirname(dirname(import.meta.dirname));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    calls: { type: "string", short: "n" },
    seconds: { type: "string", short: "d", default: "8" },
    "server-core": { type: "string", default: "0" },
    "load-core": { type: "string", default: "1" },
  },
});
const seconds = Number(values.seconds);
const serverCore = Number(values["server-core"]);
const loadCore = Number(values["load-core"]);
const wanted = positionals.length > 0 ? positionals : SCENARIOS.map((scenario) => scenario.name);
const callCounts = values.calls?.split(",").map(Number);
const unknown = wanted.filter((name) => !SCENARIOS.some((scenario) => scenario.name === name));
if (unknown.length > 0 || !(seconds > 0) || callCounts?.some((count) => !(count > 0)) === true) {
  console.error(
    `usage: scripts/bench [${SCENARIOS.map((scenario) => scenario.name).join("|")}]… [-n CALLS,…] [-d SECONDS]`,
  );
  process.exit(2);
}

const sipload = build(root, "sipload");
const floorProgram = build(root, "floor");
process.once("SIGINT", () => process.exit(130)).once("SIGTERM", () => process.exit(143));

interface Target {
  readonly start: () => Promise<PinnedProcess>;
  readonly sipPort: number;
  /** Of the called party. */
  readonly codec: Scenario["calledCodec"];
}

/** Places the calls to a freshly started process; again while the run is noisy. */
async function measure(
  target: Target,
  scenario: Scenario,
  calls: number,
  calledPort: number,
): Promise<[LoadReport, string | undefined]> {
  for (let tried = 1; ; tried++) {
    const started = await target.start();
    let report: LoadReport;
    try {
      report = await runLoad(sipload, {
        calls,
        seconds,
        target: `sip:${scenario.number}@127.0.0.1:${target.sipPort}`,
        pid: started.pid,
        core: loadCore,
        ...(scenario.hasCalledParty ? { calledPort, calledCodec: target.codec } : {}),
      });
    } finally {
      await started.stop();
    }
    const noise = noiseOf(report);
    if (noise === undefined || tried === TRIES) return [report, noise];
    console.log(`(run ${tried} thrown away: ${noise})`);
  }
}

async function runScenario(scenario: Scenario, ports: ServerPorts, configFile: string): Promise<void> {
  const floorPort = await freeUdpPort();
  const floorArgs = [String(floorPort), ...(scenario.hasCalledParty ? [String(ports.called)] : [])];
  const ready = { core: serverCore, readyWithinMs: 30_000 };
  const serverArgs = [join(root, "packages/cli/src/main.ts"), "start", "--config", configFile];
  const server: Target = {
    sipPort: ports.sip,
    codec: scenario.calledCodec,
    start: () => startPinned({ ...ready, command: process.execPath, args: serverArgs, readyText: "voepy ready" }),
  };
  const floor: Target = {
    sipPort: floorPort,
    // It passes payloads on as they are.
    codec: undefined,
    start: () => startPinned({ ...ready, command: floorProgram, args: floorArgs, readyText: "floor ready" }),
  };
  const runs: MeasuredRun[] = [];
  for (const calls of callCounts ?? scenario.calls) {
    console.log(`${scenario.name}, ${calls} calls, ${seconds} s …`);
    try {
      const [floorReport, floorNoise] = await measure(floor, scenario, calls, ports.called);
      const [serverReport, serverNoise] = await measure(server, scenario, calls, ports.called);
      runs.push({ calls, server: serverReport, floor: floorReport, noise: serverNoise ?? floorNoise });
    } catch (error) {
      // One run that fails must not cost the figures of the others.
      console.error(error instanceof Error ? error.message : error);
      process.exitCode = 1;
    }
  }
  printTable(scenario, runs);
  printJson(scenario, runs, seconds);
  if (!runs.every(isClean)) process.exitCode = 1;
}

const folder = mkdtempSync(join(tmpdir(), "voepy-bench-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
for (const name of wanted) {
  const scenario = SCENARIOS.find((candidate) => candidate.name === name);
  if (scenario === undefined) continue;
  const ports = { sip: await freeUdpPort(), api: await freeTcpPort(), called: await freeUdpPort() };
  const configFile = join(folder, `${name}.yaml`);
  writeFileSync(configFile, benchConfig(join(folder, `${name}-data`), ports));
  await runScenario(scenario, ports, configFile);
}
