/** Everything alive, by the ids that the outside and the engines use. */
import type { MediaLegId } from "@voepy/media-engine";
import type { SessionId } from "@voepy/sip-stack";
import type { Conference } from "../bridge/conference.ts";
import type { Leg } from "../leg/leg.ts";
import type { LiveCall } from "./call.ts";

/** No tenant has this id. */
const EVERYONE = "*";

export class Registry {
  /** Until they are over and their recordings closed. */
  readonly calls = new Map<string, LiveCall>();
  readonly legs = new Map<MediaLegId, Leg>();
  /** SIP sessions of legs, forked attempts included. */
  readonly sessions = new Map<SessionId, Leg>();
  /** Live ones, and some that ended. */
  readonly conferences = new Map<string, Conference>();
  /** Recordings being made. */
  readonly recordings = new Map<string, LiveCall>();
  /** Monotonic ms of the last dials of a tenant, newest last. */
  private readonly dials = new Map<string, number[]>();

  /** Calls that are not over. */
  live(): LiveCall[] {
    return [...this.calls.values()].filter((call) => !call.isOver);
  }

  liveOf(tenantId: string): number {
    let count = 0;
    for (const call of this.calls.values()) if (!call.isOver && call.record.tenantId === tenantId) count++;
    return count;
  }

  addLeg(leg: Leg): void {
    leg.call.legs.push(leg);
    this.legs.set(leg.id, leg);
  }

  /** Lets go of a call when nothing more can come of it. */
  releaseIfDone(call: LiveCall): void {
    if (!call.isOver) return;
    for (const recording of call.recordings.keys()) if (this.recordings.has(recording)) return;
    this.calls.delete(call.id);
    for (const leg of call.legs) this.legs.delete(leg.id);
  }

  /** Calls the tenant began within the last second; `record` counts one more. */
  dialsLastSecond(tenantId: string, nowMs: number): number {
    const recent = (this.dials.get(tenantId) ?? []).filter((at) => nowMs - at < 1000);
    this.dials.set(tenantId, recent);
    return recent.length;
  }

  /** Counts one call begun by anyone, unless `limit` were begun within the last second; false then. */
  takeTurn(limit: number, nowMs: number): boolean {
    if (this.dialsLastSecond(EVERYONE, nowMs) >= limit) return false;
    this.countDial(EVERYONE, nowMs);
    return true;
  }

  countDial(tenantId: string, nowMs: number): void {
    const recent = this.dials.get(tenantId);
    if (recent === undefined) this.dials.set(tenantId, [nowMs]);
    else recent.push(nowMs);
  }
}
