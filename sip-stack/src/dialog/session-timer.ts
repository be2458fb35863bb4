/**
 * Session timers (RFC 4028): who refreshes how often, agreed by one request and its 2xx, from either side. Pure; the
 * waiting is in `ua/refresh.ts`.
 */
import type { Header, SipRequest, SipResponse } from "../message/message.ts";
import { minSeOf, sessionExpiresOf } from "../message/session-expires.ts";
import { tokensOf } from "../message/values.ts";
import type { SessionTimers } from "../ua/types.ts";

export interface SessionTimer {
  readonly intervalSecs: number;
  /** We are the refresher; else the peer is. */
  readonly isOurs: boolean;
}

/** §4: nobody may ask for less. */
export const MIN_SE_SECS = 90;

/** §10: how long before the end the side that waits for a refresh gives up. */
const MAX_MARGIN_SECS = 32;

export const DEFAULT_SESSION_TIMERS: SessionTimers = { mode: "accept", expirySecs: 1800 };

/** When to refresh and when to give up, ms after the 2xx. */
export function deadlinesOf(timer: SessionTimer): { refreshMs: number | undefined; expiryMs: number } {
  const { intervalSecs, isOurs } = timer;
  const marginSecs = Math.min(MAX_MARGIN_SECS, intervalSecs / 3);
  // §10: the refresher when half of the interval is over.
  return { refreshMs: isOurs ? intervalSecs * 500 : undefined, expiryMs: (intervalSecs - marginSecs) * 1000 };
}

/** What our INVITE, re-INVITE or UPDATE asks for (§7.1, §7.4). `timer` is what runs in the dialog. */
export function timerRequestHeaders(
  policy: SessionTimers,
  state: { readonly minSeSecs: number; readonly timer?: SessionTimer | undefined },
): Header[] {
  const { minSeSecs, timer } = state;
  const wantedSecs = timer?.intervalSecs ?? (policy.mode === "require" ? policy.expirySecs : undefined);
  if (policy.mode === "off" || wantedSecs === undefined) return [];
  // §7.4: the refresher stays who it was.
  const refresher = timer === undefined ? "" : `;refresher=${timer.isOurs ? "uac" : "uas"}`;
  const secs = Math.max(wantedSecs, minSeSecs, MIN_SE_SECS);
  const headers = [{ name: "Session-Expires", value: `${secs}${refresher}` }];
  if (minSeSecs > MIN_SE_SECS) headers.push({ name: "Min-SE", value: String(minSeSecs) });
  return headers;
}

/** What a 2xx to such a request agrees to (§7.2). */
export function timerOfResponse(policy: SessionTimers, response: SipResponse): SessionTimer | undefined {
  if (policy.mode === "off") return undefined;
  const granted = sessionExpiresOf(response);
  if (granted !== undefined) {
    // Without a refresher, which §9 forbids, we refresh: too much does no harm.
    return { intervalSecs: Math.max(granted.secs, MIN_SE_SECS), isOurs: granted.refresher !== "uas" };
  }
  // §7.2: the other side knows no timers; the session may still be kept watch over by us alone.
  return policy.mode === "require"
    ? { intervalSecs: Math.max(policy.expirySecs, MIN_SE_SECS), isOurs: true }
    : undefined;
}

/** §9: to be refused with 422. Deviation: also where only a proxy asked for it, else it could set our pace. */
export function isTooBrief(policy: SessionTimers, request: SipRequest): boolean {
  const asked = sessionExpiresOf(request);
  return policy.mode !== "off" && asked !== undefined && asked.secs < MIN_SE_SECS;
}

/** What our 2xx to an INVITE, re-INVITE or UPDATE grants (§9 and its table 2). */
export function grantTimer(
  policy: SessionTimers,
  request: SipRequest,
): { readonly timer: SessionTimer | undefined; readonly headers: readonly Header[] } {
  const asked = sessionExpiresOf(request);
  if (policy.mode === "off" || (asked === undefined && policy.mode === "accept"))
    return { timer: undefined, headers: [] };
  const isKnown = tokensOf(request, "supported").some((tag) => tag.toLowerCase() === "timer");
  const longestSecs = Math.max(policy.expirySecs, minSeOf(request) ?? 0, MIN_SE_SECS);
  const intervalSecs = Math.min(asked?.secs ?? longestSecs, longestSecs);
  // Table 2: who does not know timers cannot refresh. Unasked we do it ourselves.
  const refresher = isKnown && asked !== undefined ? (asked.refresher ?? "uac") : "uas";
  const headers = [{ name: "Session-Expires", value: `${intervalSecs};refresher=${refresher}` }];
  if (isKnown) headers.push({ name: "Require", value: "timer" });
  return { timer: { intervalSecs, isOurs: refresher === "uas" }, headers };
}
