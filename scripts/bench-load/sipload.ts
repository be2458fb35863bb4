/** Builds the load generator and the floor, and runs the generator against a process. */
import { execFile, execFileSync } from "node:child_process";
import { existsSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

/** What sipload prints as its last line (the part that is used here). */
export interface LoadReport {
  readonly asked: number;
  readonly answered: number;
  readonly failed: number;
  readonly dropped: number;
  readonly up_at_end: number;
  readonly setup_ms: { readonly p50: number; readonly p99: number };
  readonly caller: SideReport;
  readonly called: SideReport;
  /** By direction, markers of the whole run, the ramp included. */
  readonly latency_ms: Readonly<Record<string, { readonly n: number; readonly p50: number; readonly p99: number }>>;
  /** The same, of the measured window alone. */
  readonly latency_window_ms: Readonly<
    Record<string, { readonly n: number; readonly p50: number; readonly p99: number }>
  >;
  readonly server: {
    readonly cores: number;
    readonly cpu_ms_per_call_s: number;
    readonly rss_mb: number;
    readonly rss_kb_per_call: number;
  };
  readonly self: { readonly cores: number; readonly late_p999_ms: number };
  readonly machine: { readonly stolen_cores: number };
}

export interface SideReport {
  readonly legs: number;
  readonly received: number;
  readonly lost: number;
  readonly silent_legs: number;
  readonly short_legs: number;
  /** Legs that got packets in which nobody was heard. */
  readonly legs_without_marker: number;
  readonly jitter_ms: { readonly p99: number };
  readonly max_gap_ms: { readonly max: number };
}

export interface LoadRun {
  readonly calls: number;
  readonly seconds: number;
  readonly target: string;
  readonly pid: number;
  readonly core: number;
  /** UDP port on which sipload also plays the called party. */
  readonly calledPort?: number;
  /** What the called party answers with; default: pcmu. */
  readonly calledCodec?: string | undefined;
}

const RAMP_CALLS_PER_SECOND = 60;

/** Compiles NAME.c of this folder into build/bench unless that is newer. Returns the program's path. */
export function build(root: string, name: string): string {
  const source = join(import.meta.dirname, `${name}.c`);
  const folder = join(root, "build", "bench");
  const program = join(folder, name);
  mkdirSync(folder, { recursive: true });
  if (!existsSync(program) || statSync(program).mtimeMs < statSync(source).mtimeMs) {
    execFileSync("cc", ["-O2", "-Wall", "-Wextra", "-o", program, source, "-lpthread", "-lm"], { stdio: "inherit" });
  }
  return program;
}

/** One run of the generator, pinned to a core. Throws with its output when it left no report. */
export async function runLoad(sipload: string, run: LoadRun): Promise<LoadReport> {
  const isRoot = process.getuid?.() === 0;
  const rampSeconds = run.calls / RAMP_CALLS_PER_SECOND;
  const load = `-n ${run.calls} -r ${RAMP_CALLS_PER_SECOND} -d ${run.seconds} --settle 3 --pid ${run.pid}`.split(" ");
  const { calledPort, calledCodec = "pcmu" } = run;
  const called = calledPort === undefined ? [] : ["--uas", String(calledPort), "--uas-codec", calledCodec];
  const args = [
    "-c",
    String(run.core),
    sipload,
    ...(isRoot ? ["--rt"] : []),
    "--awake",
    ...load,
    ...called,
    run.target,
  ];
  const limitMs = Math.ceil((rampSeconds * 2 + run.seconds + 90) * 1000);
  // Its exit status is 1 when a call failed; the report says so too, and says how many.
  const output = await promisify(execFile)("taskset", args, {
    timeout: limitMs,
    killSignal: "SIGKILL",
    maxBuffer: 1 << 24,
  }).then(
    ({ stdout }) => stdout,
    (error: { stdout?: string; stderr?: string; message: string }) => {
      if (error.stdout?.includes('{"tool"')) return error.stdout;
      throw new Error(`sipload gave no report: ${error.message}\n${error.stderr ?? ""}`);
    },
  );
  const line = output.split("\n").find((text) => text.startsWith('{"tool"'));
  if (line === undefined) throw new Error(`sipload gave no report:\n${output}`);
  const report: LoadReport = JSON.parse(line);
  return report;
}

/** Why a run's figures would not be the server's: the host took our time, or the generator was late itself. */
export function noiseOf(report: LoadReport): string | undefined {
  if (report.machine.stolen_cores > 0.06) return `the host stole ${report.machine.stolen_cores.toFixed(2)} cores`;
  if (report.self.late_p999_ms > 5) return `the generator was ${report.self.late_p999_ms.toFixed(1)} ms late (p99.9)`;
  return undefined;
}
