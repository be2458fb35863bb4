/** What the doctor says of one thing. */

export type FindingStatus = "ok" | "warn" | "fail";

export interface Finding {
  /** What was looked at, such as `sip udp 0.0.0.0:5060`. */
  readonly check: string;
  readonly status: FindingStatus;
  readonly detail: string;
  /** What to do about it. */
  readonly advice?: string;
}

export const ok = (check: string, detail: string): Finding => ({ check, status: "ok", detail });
export const warn = (check: string, detail: string, advice: string): Finding => ({
  check,
  status: "warn",
  detail,
  advice,
});
export const fail = (check: string, detail: string, advice: string): Finding => ({
  check,
  status: "fail",
  detail,
  advice,
});

/** The system's name for an error, such as EADDRINUSE; empty for other errors. */
export function codeOf(thrown: unknown): string {
  return thrown instanceof Error && "code" in thrown && typeof thrown.code === "string" ? thrown.code : "";
}
