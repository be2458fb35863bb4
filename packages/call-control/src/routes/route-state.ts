/** The live side of a route, as the API shows it beside its settings. */
import type { GatewayRecord } from "@voepy/store";

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
