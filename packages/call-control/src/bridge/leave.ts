/** Leaving a bridge of either kind. */
import type { Leg } from "../leg/leg.ts";
import type { World } from "../world.ts";
import { leaveBridge } from "./bridge.ts";
import { participantLeft } from "./conference.ts";

/** Takes a leg out of the bridge or conference it is in. Returns whose party is gone and who the caller has to end. */
export function leave(world: World, leg: Leg): Leg[] {
  return [...leaveBridge(world, leg), ...participantLeft(world, leg)];
}
