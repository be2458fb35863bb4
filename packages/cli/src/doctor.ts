/** `voepy doctor`: what was found, a line each; for a program as JSON lines. */
import { examine, type Finding, type FindingStatus } from "@voepy/server";

const COLOURS: Readonly<Record<FindingStatus, number>> = { ok: 32, warn: 33, fail: 31 };

export interface Terminal {
  readonly isTTY?: boolean | undefined;
  write(text: string): unknown;
}

/** Resolves with the exit status: 1 when something failed. */
export async function runDoctor(file: string | undefined, asJson: boolean, out: Terminal): Promise<number> {
  const isForPeople = out.isTTY === true && !asJson;
  const counts = { ok: 0, warn: 0, fail: 0 };
  for await (const finding of examine(file)) {
    counts[finding.status] += 1;
    out.write(isForPeople ? lineOf(finding, process.env["NO_COLOR"] === undefined) : `${JSON.stringify(finding)}\n`);
  }
  if (isForPeople) out.write(`\n${counts.ok} ok, ${counts.warn} to look at, ${counts.fail} failed\n`);
  return counts.fail === 0 ? 0 : 1;
}

/** Text from outside, such as a carrier's Reason-Phrase, must not steer the terminal. */
export function lineOf(finding: Finding, isColoured: boolean): string {
  const status = finding.status.padEnd(4);
  const mark = isColoured ? `\x1b[${COLOURS[finding.status]}m${status}\x1b[0m` : status;
  const advice = finding.advice === undefined ? "" : `     → ${printable(finding.advice)}\n`;
  return `${mark} ${printable(finding.check)}: ${printable(finding.detail)}\n${advice}`;
}

export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, " ");
}
