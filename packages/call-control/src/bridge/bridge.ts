/** Legs that hear each other. A bridge lives in the media engine; this is who is in it and what a leaver means. */
import type { LiveCall } from "../call/call.ts";
import type { Leg } from "../leg/leg.ts";
import type { World } from "../world.ts";

export interface Bridge {
  /** voepy_brg_… */
  readonly id: string;
  readonly members: Set<Leg>;
  /** Calls that stay up when the other side leaves (`park_after_unbridge`). */
  readonly parked: Set<string>;
  /** Goes on when one or none is left. */
  readonly isConference: boolean;
}

/** Joins legs that are in no bridge; their calls become `bridged`. */
export function joinLegs(world: World, legs: readonly Leg[], parked: readonly LiveCall[] = []): Bridge {
  const bridge: Bridge = {
    id: world.makeId("brg"),
    members: new Set(legs),
    parked: new Set(parked.map((call) => call.id)),
    isConference: false,
  };
  for (const leg of legs) {
    leg.bridge = bridge;
    leg.media?.stopPlayout("all");
    leg.patch({ status: "bridged" });
  }
  setMembers(world, bridge);
  for (const call of new Set(legs.map((leg) => leg.call))) call.advance("bridged", { bridgeId: bridge.id });
  return bridge;
}

/** Hears the other before either is `bridged`: a ringing party's early media. Not a bridge of the API. */
export function listenTo(world: World, listener: Leg, speaker: Leg): void {
  if (listener.media === undefined || speaker.media === undefined) return;
  world.media.setBridge(earlyId(speaker), [listener.media.id, speaker.media.id]);
}

export function stopListening(world: World, speaker: Leg): void {
  world.media.closeBridge(earlyId(speaker));
}

const earlyId = (speaker: Leg): string => `early_${speaker.id}`;

/**
 * Takes a leg out. Returns who is left alone with nobody to hear; its call was told `unbridged` if it asked to stay
 * up, otherwise the caller ends it.
 */
export function leaveBridge(world: World, leg: Leg): Leg[] {
  const bridge = leg.bridge;
  if (bridge === undefined) return [];
  leg.bridge = undefined;
  bridge.members.delete(leg);
  if (bridge.members.size > 1 || (bridge.isConference && bridge.members.size === 1)) {
    setMembers(world, bridge);
    return [];
  }
  world.media.closeBridge(bridge.id);
  const orphans: Leg[] = [];
  for (const left of bridge.members) {
    left.bridge = undefined;
    if (left.isOver || left.call.isOver) continue;
    left.patch({ status: "answered" });
    if (left.role === "primary" && bridge.parked.has(left.call.id)) left.call.advance("unbridged", { bridgeId: null });
    else orphans.push(left);
  }
  bridge.members.clear();
  return orphans;
}

/** Tells the media engine who hears whom; who is on hold does neither. */
export function setMembers(world: World, bridge: Bridge): void {
  const members = [...bridge.members].flatMap((leg) => (leg.media === undefined || leg.isHeld ? [] : [leg.media.id]));
  world.media.setBridge(bridge.id, members);
}
