/**
 * Every check of the project, one after the other: types, lint, format, layers, unit tests, interop tests.
 * Called by scripts/test. Each step streams what it does; at the end stands one line of totals over all steps.
 */
import { mkdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { installPeers } from "./checks/peers.ts";
import { runStep, type Totals } from "./checks/step.ts";
import { runVitest } from "./checks/vitest.ts";

const root = dirname(import.meta.dirname);
const isQuick = process.argv.includes("--quick");
const unknown = process.argv.slice(2).filter((argument) => argument !== "--quick");
if (unknown.length > 0) {
  console.error(`scripts/test: unknown option ${unknown.join(" ")}; it takes --quick and nothing else`);
  console.log("0 passed, 1 failed, 0 skipped");
  process.exit(2);
}

const MINUTE_MS = 60_000;
const inModules = (path: string): string => join(root, "node_modules", path);
const reports = join(root, "build", "reports");
rmSync(reports, { recursive: true, force: true });
mkdirSync(reports, { recursive: true });

/** A tool that is one check: it passes when its exit status is 0. */
async function runTool(name: string, script: string, args: readonly string[]): Promise<Totals> {
  const status = await runStep({
    name,
    cwd: root,
    command: process.execPath,
    args: [script, ...args],
    limitMs: 3 * MINUTE_MS,
  });
  return { passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1, skipped: 0 };
}

if (!isQuick) await installPeers(root);

const parts: [string, Totals][] = [
  ["types", await runTool("types", inModules("typescript/bin/tsc"), ["-p", "tsconfig.json"])],
  ["lint", await runTool("lint", inModules("oxlint/bin/oxlint"), ["--deny-warnings"])],
  ["format", await runTool("format", inModules("@biomejs/biome/bin/biome"), ["check", "."])],
  ["layers", await runTool("layers", join(root, "scripts/check-layers.ts"), [])],
  ["unit tests", await runVitest({ root, reports, name: "unit", config: "vitest.config.ts", limitMs: 5 * MINUTE_MS })],
];
if (!isQuick) {
  const interop = { root, reports, name: "interop", config: "vitest.interop.config.ts", limitMs: 6 * MINUTE_MS };
  parts.push(["interop", await runVitest(interop)]);
}

const total: Totals = { passed: 0, failed: 0, skipped: 0 };
console.log("\n== summary");
for (const [name, part] of parts) {
  total.passed += part.passed;
  total.failed += part.failed;
  total.skipped += part.skipped;
  console.log(`${name.padEnd(12)} ${part.passed} passed, ${part.failed} failed, ${part.skipped} skipped`);
}
process.exitCode = total.failed === 0 ? 0 : 1;
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
