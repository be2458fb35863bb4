/**
 * Keeping one registration alive at a carrier (RFC 3261 §10.2). Pure: what the registrar answered and the time in, the
 * next state with the time of the next REGISTER out.
 */
export interface Registration {
  readonly status: "registering" | "registered" | "failed";
  /** What went wrong last; null when the last REGISTER went well. */
  readonly reason: string | null;
  /** The binding lasts until then, monotonic ms; 0 before the first. */
  readonly boundUntilMs: number;
  /** When the next REGISTER leaves, monotonic ms. */
  readonly nextAtMs: number;
  /** In a row. */
  readonly failures: number;
  /** Which of the route's gateways is asked. */
  readonly gateway: number;
  /** Asked for, s; a 423 raises it. */
  readonly expiresS: number;
  readonly cseq: number;
}

export interface RegisterOutcome {
  readonly cause: "response" | "timeout" | "transport";
  readonly status: number | undefined;
  readonly reason: string;
  readonly expiresS: number | undefined;
  readonly minExpiresS: number | undefined;
  readonly retryAfterS: number | undefined;
  readonly cseq: number;
}

const FIRST_BACK_OFF_MS = 30_000;
const LONGEST_BACK_OFF_MS = 15 * 60_000;
/** Of the wait, to either side: carriers must not see all their customers at once. */
const JITTER = 0.2;
/** A registrar that grants seconds is not asked more often than this. */
const SOONEST_REFRESH_MS = 5_000;
/** Kept before the end of a binding for a refresh that needs retransmissions. */
const SPARE_MS = 30_000;
/** Beyond it a Min-Expires is no longer about registrations. */
const LONGEST_EXPIRES_S = 86_400;

export function newRegistration(expiresS: number, nowMs: number): Registration {
  return {
    status: "registering",
    reason: null,
    boundUntilMs: 0,
    nextAtMs: nowMs,
    failures: 0,
    gateway: 0,
    expiresS,
    cseq: 0,
  };
}

/** `chance`: 0 … 1. `gateways`: how many the route has. */
export function afterRegister(
  before: Registration,
  outcome: RegisterOutcome,
  at: { readonly nowMs: number; readonly chance: number; readonly gateways: number },
): Registration {
  const { nowMs } = at;
  const state: Registration = { ...before, cseq: outcome.cseq };
  const grantedMs = (outcome.expiresS ?? 0) * 1000;
  if (grantedMs > 0) {
    const refreshMs = Math.max(SOONEST_REFRESH_MS, Math.min(grantedMs / 2, grantedMs - SPARE_MS));
    return {
      ...state,
      status: "registered",
      reason: null,
      boundUntilMs: nowMs + grantedMs,
      nextAtMs: nowMs + refreshMs,
      failures: 0,
    };
  }
  const { minExpiresS } = outcome;
  if (minExpiresS !== undefined && minExpiresS > before.expiresS && minExpiresS <= LONGEST_EXPIRES_S) {
    // §10.2.8: again at once, with what the registrar wants at least.
    return { ...state, expiresS: minExpiresS, nextAtMs: nowMs };
  }
  return failed(state, outcome, at);
}

function failed(
  state: Registration,
  outcome: RegisterOutcome,
  { nowMs, chance, gateways }: { nowMs: number; chance: number; gateways: number },
): Registration {
  const failures = state.failures + 1;
  const isTransient = outcome.cause !== "response" || (outcome.status ?? 0) >= 500 || outcome.status === 408;
  const gateway = isTransient ? (state.gateway + 1) % gateways : state.gateway;
  // Another gateway is asked at once; when all have failed there is a pause.
  const isRoundOver = !isTransient || failures % gateways === 0;
  const rounds = Math.ceil(failures / gateways);
  const backOffMs = Math.min(LONGEST_BACK_OFF_MS, FIRST_BACK_OFF_MS * 2 ** Math.min(rounds - 1, 10));
  const waitMs = isRoundOver ? backOffMs * (1 - JITTER + 2 * JITTER * chance) : 0;
  const retryAfterMs = isRoundOver ? (outcome.retryAfterS ?? 0) * 1000 : 0;
  return {
    ...state,
    // A refresh that failed in passing leaves the binding as it was.
    status: isTransient && state.boundUntilMs > nowMs + waitMs ? "registered" : "failed",
    reason: reasonOf(outcome),
    failures,
    gateway,
    nextAtMs: nowMs + Math.min(LONGEST_BACK_OFF_MS, Math.max(waitMs, retryAfterMs)),
  };
}

function reasonOf({ cause, status, reason }: RegisterOutcome): string {
  if (cause === "timeout") return "the registrar does not answer";
  if (cause === "transport") return "the registrar cannot be reached";
  if (status === 401 || status === 403 || status === 407) return `${status} ${reason}: check username and password`;
  return status !== undefined && status < 300 ? "the registrar did not keep our contact" : `${status} ${reason}`;
}
