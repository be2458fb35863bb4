/** What pings tell of one gateway. Pure: the health before and an outcome in, the health after and what changed out. */
import type { GatewayRecord } from "@voepy/store";

export interface GatewayHealth {
  readonly gateway: GatewayRecord;
  /** `unknown` until the first answer, or until it counts as down. */
  readonly status: "unknown" | "up" | "down";
  /** Wall ms of the last change of status. */
  readonly since: number;
  /** Why it is down, or what the last ping met with; null when that was answered. */
  readonly reason: string | null;
  /** Pings in a row that were not answered well. */
  readonly misses: number;
  /** Of these, the last ones in a row that could not even be sent. */
  readonly unreachable: number;
  readonly roundTripMs: number | null;
}

export interface PingOutcome {
  readonly cause: "response" | "timeout" | "transport";
  readonly status: number | undefined;
  readonly reason: string;
  readonly address: string | undefined;
  readonly roundTripMs: number;
}

/** Silence and 5xx may be one lost datagram or a hiccup; a closed port or a name that does not resolve are sooner believed. */
const MISSES_DOWN = 3;
const UNREACHABLE_DOWN = 2;

export function unknownHealth(gateway: GatewayRecord, wallMs: number): GatewayHealth {
  return {
    gateway,
    status: "unknown",
    since: wallMs,
    reason: null,
    misses: 0,
    unreachable: 0,
    roundTripMs: null,
  };
}

export function afterPing(
  before: GatewayHealth,
  outcome: PingOutcome,
  wallMs: number,
): { readonly health: GatewayHealth; readonly change: "up" | "down" | undefined } {
  if (isAlive(outcome)) {
    const health: GatewayHealth = {
      ...before,
      status: "up",
      since: before.status === "up" ? before.since : wallMs,
      reason: null,
      misses: 0,
      unreachable: 0,
      roundTripMs: outcome.roundTripMs,
    };
    return { health, change: before.status === "down" ? "up" : undefined };
  }
  const misses = before.misses + 1;
  const unreachable = outcome.cause === "transport" ? before.unreachable + 1 : 0;
  const isDown = before.status === "down" || misses >= MISSES_DOWN || unreachable >= UNREACHABLE_DOWN;
  const isNew = isDown && before.status !== "down";
  const health: GatewayHealth = {
    ...before,
    status: isDown ? "down" : before.status,
    since: isNew ? wallMs : before.since,
    reason: reasonOf(outcome),
    misses,
    unreachable,
  };
  return { health, change: isNew ? "down" : undefined };
}

/** Whatever it answers, it is there; but 408 and 5xx come from someone who knows that it is not (RFC 3261 §21.5). */
function isAlive({ cause, status = 0 }: PingOutcome): boolean {
  return cause === "response" && status !== 408 && (status < 500 || status > 599);
}

function reasonOf({ cause, status, reason, address }: PingOutcome): string {
  if (cause === "response") return `answered OPTIONS with ${status} ${reason}`.trim();
  if (cause === "timeout") return `no answer to OPTIONS from ${address}`;
  return address === undefined ? "the host name does not resolve" : `${address} cannot be reached`;
}
