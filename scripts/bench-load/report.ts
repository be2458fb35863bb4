/** Prints a scenario's runs as a table and one JSON line. */
import type { Scenario } from "./scenarios.ts";
import type { LoadReport } from "./sipload.ts";

export interface MeasuredRun {
  readonly calls: number;
  readonly server: LoadReport;
  readonly floor: LoadReport;
  /** What makes the figures doubtful, of the server's run or the floor's. */
  readonly noise: string | undefined;
}

const COLUMNS: readonly (readonly [title: string, cell: (summary: Summary) => string])[] = [
  ["calls", (run) => String(run.calls)],
  ["up", (run) => String(run.up)],
  ["lost", (run) => String(run.lost)],
  ["short", (run) => String(run.short_legs)],
  ["deaf", (run) => String(run.deaf_legs)],
  ["jitter p99", (run) => run.jitter_p99_ms.toFixed(2)],
  ["delay p50", (run) => run.delay_p50_ms.toFixed(2)],
  ["delay p99", (run) => run.delay_p99_ms.toFixed(2)],
  ["with ramp", (run) => run.delay_p99_with_ramp_ms.toFixed(2)],
  ["set-up p50", (run) => run.setup_p50_ms.toFixed(1)],
  ["CPU ms/call-s", (run) => run.cpu_ms_per_call_s.toFixed(2)],
  ["C floor", (run) => run.floor_cpu_ms_per_call_s.toFixed(2)],
  ["ratio", (run) => run.ratio.toFixed(2)],
  ["cores", (run) => run.cores.toFixed(2)],
  ["kB/call", (run) => run.rss_kb_per_call.toFixed(0)],
];

export function printTable(scenario: Scenario, runs: readonly MeasuredRun[]): void {
  console.log(`\n${scenario.name}: ${scenario.says}`);
  const rows = runs.map((run) => COLUMNS.map(([, cell]) => cell(summarize(run))));
  const widths = COLUMNS.map(([title], i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]): string => cells.map((cell, i) => cell.padStart(widths[i] ?? 0)).join("  ");
  console.log(line(COLUMNS.map(([title]) => title)));
  for (const row of rows) console.log(line(row));
  for (const run of runs) if (run.noise !== undefined) console.log(`NOISY at ${run.calls} calls: ${run.noise}`);
  const peers = Object.entries(scenario.peers).map(([name, ms]) => `${name} ${ms}`);
  console.log(
    `peers at 200 calls on a 2-core virtual machine, CPU ms/call-s: ${peers.join(", ")} (compare by ratio to the floor)`,
  );
}

export function printJson(scenario: Scenario, runs: readonly MeasuredRun[], seconds: number): void {
  const measured = runs.map((run) => ({ ...summarize(run), noise: run.noise ?? null }));
  console.log(
    JSON.stringify({ bench: scenario.name, seconds, node: process.version, runs: measured, peers: scenario.peers }),
  );
}

interface Summary {
  readonly calls: number;
  readonly up: number;
  readonly lost: number;
  readonly short_legs: number;
  readonly deaf_legs: number;
  readonly jitter_p99_ms: number;
  readonly delay_p50_ms: number;
  readonly delay_p99_ms: number;
  /** Calls being set up included. */
  readonly delay_p99_with_ramp_ms: number;
  readonly setup_p50_ms: number;
  readonly setup_p99_ms: number;
  readonly cpu_ms_per_call_s: number;
  readonly floor_cpu_ms_per_call_s: number;
  readonly ratio: number;
  readonly cores: number;
  readonly rss_kb_per_call: number;
}

/** True when every call stood, nothing was lost, and every party was heard. */
export function isClean(run: MeasuredRun): boolean {
  const { calls, up, lost, short_legs, deaf_legs } = summarize(run);
  return up === calls && lost === 0 && short_legs === 0 && deaf_legs === 0;
}

/** The worse of both directions; delay is arrival minus sending, the generator's own share included. */
function summarize({ calls, server, floor }: MeasuredRun): Summary {
  const delays = Object.values(server.latency_window_ms);
  const whileRamping = Object.values(server.latency_ms);
  const perCall = server.server.cpu_ms_per_call_s;
  const floorPerCall = floor.server.cpu_ms_per_call_s;
  return {
    calls,
    up: server.up_at_end,
    lost: server.caller.lost + server.called.lost,
    short_legs:
      server.caller.short_legs + server.called.short_legs + server.caller.silent_legs + server.called.silent_legs,
    deaf_legs: server.caller.legs_without_marker + server.called.legs_without_marker,
    jitter_p99_ms: Math.max(server.caller.jitter_ms.p99, server.called.jitter_ms.p99),
    delay_p50_ms: Math.max(0, ...delays.map((delay) => delay.p50)),
    delay_p99_ms: Math.max(0, ...delays.map((delay) => delay.p99)),
    delay_p99_with_ramp_ms: Math.max(0, ...whileRamping.map((delay) => delay.p99)),
    setup_p50_ms: server.setup_ms.p50,
    setup_p99_ms: server.setup_ms.p99,
    cpu_ms_per_call_s: perCall,
    floor_cpu_ms_per_call_s: floorPerCall,
    ratio: floorPerCall > 0 ? Number((perCall / floorPerCall).toFixed(2)) : 0,
    cores: server.server.cores,
    rss_kb_per_call: server.server.rss_kb_per_call,
  };
}
