/** sipp running one of the scenarios of `sipp/`: a caller, or a gateway that waits for a call. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Child, freePort, startChild } from "./child.ts";

export const LOOPBACK = "127.0.0.1";
const SCENARIOS = join(import.meta.dirname, "sipp");
const LIMIT_SECS = 20;

export interface SippOptions {
  /** Where the caller calls to; absent: it waits for a call. */
  readonly to?: { readonly number: string; readonly sipPort: number };
  /** Values of the scenario's own keywords. */
  readonly keys?: Readonly<Record<string, string | number>>;
  readonly more?: readonly string[];
}

export interface Sipp extends Child {
  readonly sipPort: number;
}

/** One call of a scenario; the status is 0 when every message came that the scenario waits for. */
export async function startSipp(scenario: string, { to, keys = {}, more = [] }: SippOptions = {}): Promise<Sipp> {
  const [sipPort, media] = [await freePort(), await freePort()];
  // sipp leaves files where it runs.
  const cwd = mkdtempSync(join(tmpdir(), "voepy-sipp-"));
  const named = Object.entries(keys).flatMap(([name, value]) => ["-key", name, `${value}`]);
  const target = to === undefined ? [] : ["-s", to.number, `${LOOPBACK}:${to.sipPort}`];
  const usual = `-i ${LOOPBACK} -p ${sipPort} -mi ${LOOPBACK} -mp ${media} -m 1 -nostdin`.split(" ");
  const bounds = ["-timeout", `${LIMIT_SECS}`, "-timeout_error"];
  const scenarioFile = join(SCENARIOS, `${scenario}.xml`);
  const child = startChild("sipp", ["-sf", scenarioFile, ...usual, ...bounds, ...named, ...target, ...more], { cwd });
  const ended = child.ended.finally(() => rmSync(cwd, { recursive: true, force: true }));
  return { ...child, ended, sipPort };
}
