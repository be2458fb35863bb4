/** Runs one vitest configuration and counts its tests from the JSON report. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { runStep, type Totals } from "./step.ts";

export interface VitestRun {
  readonly root: string;
  /** Folder for the JSON report. */
  readonly reports: string;
  readonly name: string;
  readonly config: string;
  readonly limitMs: number;
}

interface VitestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message?: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

/** Tests of the run by outcome. A file that could not be loaded, and a run that left no report, count as one failure. */
export async function runVitest(run: VitestRun): Promise<Totals> {
  const reportFile = join(run.reports, `${run.name}.json`);
  const args = [
    "run",
    "--config",
    run.config,
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${reportFile}`,
  ];
  const status = await runStep({
    name: `${run.name} tests`,
    cwd: run.root,
    command: process.execPath,
    args: [join(run.root, "node_modules/vitest/vitest.mjs"), ...args],
    limitMs: run.limitMs,
  });
  if (!existsSync(reportFile)) return { passed: 0, failed: 1, skipped: 0 };
  const report: VitestReport = JSON.parse(readFileSync(reportFile, "utf8"));
  const totals = countTests(report, console.log);
  // Something outside any test went wrong (an unhandled rejection, for one): green tests must not hide it.
  if (status !== 0 && totals.failed === 0) totals.failed = 1;
  return totals;
}

/** `say` is told of every file that did not run and every skipped test. */
export function countTests(report: VitestReport, say: (line: string) => void): Totals {
  const totals: Totals = { passed: 0, failed: 0, skipped: 0 };
  for (const file of report.testResults) {
    if (file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed")) {
      totals.failed++;
      say(`${file.name}: did not run: ${file.message ?? ""}`);
    }
    for (const test of file.assertionResults) {
      if (test.status === "passed") totals.passed++;
      else if (test.status === "failed") totals.failed++;
      else {
        totals.skipped++;
        say(`skipped: ${test.fullName}`);
      }
    }
  }
  return totals;
}
