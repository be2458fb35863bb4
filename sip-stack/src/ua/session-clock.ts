/** Starts and stops the two waits of a session timer (RFC 4028 §10). */
import { deadlinesOf, type SessionTimer } from "../dialog/session-timer.ts";
import type { Core } from "./core.ts";
import type { Session } from "./session.ts";

/** `timer` as the last 2xx agreed it, from now on; undefined: the session does not expire. */
export function keepTimer(core: Core, session: Session, timer: SessionTimer | undefined, nowMs: number): void {
  session.timer = timer;
  core.stopAlarm(session, "refresh");
  core.stopAlarm(session, "expiry");
  if (timer === undefined) return;
  const { refreshMs, expiryMs } = deadlinesOf(timer);
  core.setAlarm(session, "expiry", nowMs + expiryMs);
  if (refreshMs !== undefined) core.setAlarm(session, "refresh", nowMs + refreshMs);
}
