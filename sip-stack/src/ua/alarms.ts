/** What a session does when one of its waits is over. */
import type { Core } from "./core.ts";
import { abandonLate, giveUpHop } from "./failover.ts";
import { cancelUnanswered, noFirstResponse } from "./invite-out.ts";
import { repeatProvisional, repeatReliable } from "./provisional-in.ts";
import { subscriptionExpired } from "./refer-in.ts";
import { expire, refresh } from "./refresh.ts";
import { offerAgain } from "./reoffer.ts";
import type { Alarm, InSession, OutSession, Session } from "./session.ts";

type Ring<S extends Session> = (core: Core, session: S, nowMs: number) => void;

const EITHER: Partial<Record<Alarm, Ring<Session>>> = {
  reoffer: offerAgain,
  refresh,
  expiry: expire,
  subscription: subscriptionExpired,
};
const IN: Partial<Record<Alarm, Ring<InSession>>> = { provisional: repeatProvisional, prack: repeatReliable };
const OUT: Partial<Record<Alarm, Ring<OutSession>>> = {
  firstResponse: noFirstResponse,
  cancelPatience: cancelUnanswered,
  nextHop: giveUpHop,
  latePatience: abandonLate,
};

export function ring(core: Core, session: Session, alarm: Alarm, nowMs: number): void {
  session.alarms.delete(alarm);
  EITHER[alarm]?.(core, session, nowMs);
  if (session.direction === "in") IN[alarm]?.(core, session, nowMs);
  else OUT[alarm]?.(core, session, nowMs);
}
