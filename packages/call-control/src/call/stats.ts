/** Media figures of a call, leg by leg: of those that live now, and the last ones of those that are over. */
import type { LegStats } from "@voepy/media-engine";
import type { Leg } from "../leg/leg.ts";
import type { JsonObject } from "../serialize/call.ts";
import { serializeLegStats } from "../serialize/leg-stats.ts";
import type { World } from "../world.ts";

/** Undefined for a call of which nothing is known any more, or of another tenant. */
export async function callStats(world: World, tenantId: string, callId: string): Promise<JsonObject | undefined> {
  const call = world.registry.calls.get(callId);
  const isLive = call !== undefined && call.record.tenantId === tenantId && !call.isOver;
  const over = world.figures.of(tenantId, callId);
  if (!isLive) return over.length === 0 ? undefined : { call_id: callId, is_live: false, legs: over };
  const live = await Promise.all(call.legs.map(liveStats));
  return { call_id: callId, is_live: true, legs: [...over, ...live.filter((leg) => leg !== undefined)] };
}

/** The leg's media has been closed. */
export function keepFigures(world: World, leg: Leg, stats: LegStats): void {
  world.figures.keep(leg.call.record, statsOf(leg, stats));
}

async function liveStats(leg: Leg): Promise<JsonObject | undefined> {
  const { media } = leg;
  if (media === undefined) return undefined;
  // A leg that is closed meanwhile has nothing live to tell.
  const stats = await media.stats().catch(() => undefined);
  return stats && statsOf(leg, stats);
}

function statsOf(leg: Leg, stats: LegStats): JsonObject {
  return { leg_id: leg.id, codec: leg.audio?.codec ?? null, ...serializeLegStats(stats) };
}
