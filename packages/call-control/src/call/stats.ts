/** Media figures of a live call, leg by leg. */
import type { Leg } from "../leg/leg.ts";
import type { JsonObject } from "../serialize/call.ts";
import { serializeLegStats } from "../serialize/leg-stats.ts";
import type { World } from "../world.ts";

/** Undefined for a call that is over, or of another tenant. Legs without media are left out. */
export async function callStats(world: World, tenantId: string, callId: string): Promise<JsonObject | undefined> {
  const call = world.registry.calls.get(callId);
  if (call === undefined || call.isOver || call.record.tenantId !== tenantId) return undefined;
  const legs = await Promise.all(call.legs.map(legStats));
  return { call_id: call.id, status: call.record.status, legs: legs.filter((leg) => leg !== undefined) };
}

async function legStats(leg: Leg): Promise<JsonObject | undefined> {
  const { media } = leg;
  if (media === undefined) return undefined;
  // A leg that is closed meanwhile has nothing live to tell.
  const stats = await media.stats().catch(() => undefined);
  return stats && { leg_id: leg.id, codec: leg.audio?.codec ?? null, ...serializeLegStats(stats) };
}
