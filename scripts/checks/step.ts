/** One step of the checks: a child process whose output is shown as it comes and whose time is bounded. */
import { spawn } from "node:child_process";

export interface Totals {
  passed: number;
  failed: number;
  skipped: number;
}

export interface Step {
  readonly name: string;
  readonly cwd: string;
  readonly command: string;
  readonly args: readonly string[];
  /** After this the step and everything it started is killed, and it counts as failed. */
  readonly limitMs: number;
}

/** Runs a step to its end. Returns its exit status; 1 when it was killed, hung or could not start. */
export function runStep(step: Step): Promise<number> {
  console.log(`\n== ${step.name}`);
  const startedAt = performance.now();
  return new Promise((resolve) => {
    // A group of its own, so that a step that hangs is ended together with the servers and workers it started.
    const child = spawn(step.command, step.args, {
      cwd: step.cwd,
      stdio: ["ignore", "inherit", "inherit"],
      detached: true,
      env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: undefined },
    });
    const limit = setTimeout(() => {
      console.log(`${step.name}: not done after ${step.limitMs / 1000} s, ended`);
      killGroup(child.pid, "SIGKILL");
    }, step.limitMs);
    const stop = (): void => {
      killGroup(child.pid, "SIGKILL");
      process.exit(130);
    };
    process.once("SIGINT", stop).once("SIGTERM", stop);
    const end = (status: number): void => {
      clearTimeout(limit);
      process.off("SIGINT", stop).off("SIGTERM", stop);
      console.log(
        `${step.name}: ${status === 0 ? "ok" : "FAILED"} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`,
      );
      resolve(status);
    };
    child.once("error", (error) => {
      console.log(`${step.name}: could not be started: ${error.message}`);
      end(1);
    });
    child.once("exit", (code) => end(code ?? 1));
  });
}

function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    // The group is gone already: what was wanted.
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}
