/** The live side of a route, as the API shows it beside its settings. */
import { isoTime } from "@voepy/base";
import type { GatewayRecord } from "@voepy/store";
import type { JsonObject } from "../serialize/call.ts";

export interface RouteState {
  readonly gateways: readonly {
    readonly gateway: GatewayRecord;
    readonly status: "unknown" | "up" | "down";
    /** Wall ms. */
    readonly since: number | null;
    readonly reason: string | null;
    /** Of the last OPTIONS that was answered. */
    readonly roundTripMs: number | null;
    /** Wall ms; set while a Retry-After runs. */
    readonly asideUntil: number | null;
  }[];
  /** null: the route does not register. */
  readonly registration: {
    readonly status: "registering" | "registered" | "failed";
    readonly reason: string | null;
    readonly registrar: GatewayRecord;
    /** Wall ms; null while there is no binding. */
    readonly expiresAt: number | null;
    readonly nextAttemptAt: number;
  } | null;
  /** Live calls over it. */
  readonly channels: number;
}

const timeOrNull = (wallMs: number | null): string | null => (wallMs === null ? null : isoTime(wallMs));

/** `health` and `registration` of a Route in the API. */
export function serializeRouteState(state: RouteState): JsonObject {
  const { registration } = state;
  return {
    health: {
      status: overall(state),
      channels: state.channels,
      gateways: state.gateways.map(({ gateway, status, since, reason, roundTripMs, asideUntil }) => ({
        host: gateway.host,
        port: gateway.port,
        transport: gateway.transport,
        status,
        since: timeOrNull(since),
        reason,
        rtt_ms: roundTripMs === null ? null : Math.round(roundTripMs * 10) / 10,
        retry_after: timeOrNull(asideUntil),
      })),
    },
    registration:
      registration === null
        ? null
        : {
            status: registration.status,
            reason: registration.reason,
            registrar: registration.registrar.host,
            expires_at: timeOrNull(registration.expiresAt),
            next_attempt_at: isoTime(registration.nextAttemptAt),
          },
  };
}

/** `up` while any gateway may be called; `down` when none answers, or the registration that calls need is gone. */
function overall({ gateways, registration }: RouteState): "unknown" | "up" | "down" {
  if (registration?.status === "failed") return "down";
  if (gateways.some(({ status }) => status === "up")) return "up";
  if (gateways.length > 0 && gateways.every(({ status }) => status === "down")) return "down";
  return registration?.status === "registered" ? "up" : "unknown";
}
