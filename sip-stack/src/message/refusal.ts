/** What an inspection that a request fails comes to. */
import type { Header } from "./message.ts";
import { reasonPhrase } from "./reason.ts";

/** What this user agent can do; lists in the order Allow, Supported and Accept show them. */
export interface UasPolicy {
  readonly methods: readonly string[];
  /** Option tags (`100rel`, `timer`, …). */
  readonly extensions: readonly string[];
  /** Lower-case media types of bodies that are understood. */
  readonly contentTypes: readonly string[];
}

export interface Refusal {
  readonly status: number;
  readonly reason: string;
  /** Allow, Unsupported, Accept, … as the status demands. */
  readonly headers: readonly Header[];
}

/** The phrase of the code, and after it what was wrong. */
export function refusal(status: number, problem?: string, headers: readonly Header[] = []): Refusal {
  const reason = problem === undefined ? reasonPhrase(status) : `${reasonPhrase(status)}: ${problem.slice(0, 100)}`;
  return { status, reason, headers };
}
