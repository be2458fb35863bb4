/**
 * Conferences: bridges with a name that people come to and leave. They live with this process; a call in one is
 * `bridged`, and stays up on its own when it leaves.
 */
import { CodedError, isoTime, messageOf } from "@voepy/base";
import type { ToneSpec } from "@voepy/media-engine";
import type { LiveCall } from "../call/call.ts";
import type { Leg } from "../leg/leg.ts";
import { playTone } from "../playout.ts";
import type { JsonObject } from "../serialize/call.ts";
import type { World } from "../world.ts";
import { type Bridge, setMembers } from "./bridge.ts";

export interface Participant {
  readonly leg: Leg;
  readonly joinedAt: number;
  /** When it leaves, the conference ends. */
  readonly endOnExit: boolean;
  isMuted: boolean;
}

export interface Conference {
  /** voepy_conf_… */
  readonly id: string;
  readonly tenantId: string;
  readonly name: string;
  readonly maxParticipants: number;
  /** A tone for everybody when someone comes or goes. */
  readonly beep: boolean;
  readonly createdAt: number;
  readonly bridge: Bridge;
  readonly participants: Map<Leg, Participant>;
  endedAt: number | null;
}

export interface ConferenceWish {
  readonly name: string;
  readonly maxParticipants: number;
  readonly beep: boolean;
}

/** What a conference holds unless it was made smaller. */
export const MOST_PARTICIPANTS = 250;

const BEEP: ToneSpec = { segments: [{ frequenciesHz: [800], levelDbm0: -16, durationMs: 200 }], repeat: false };

/** Throws CodedError `invalid_request` when a live one of the tenant has that name. */
export function createConference(world: World, tenantId: string, wish: ConferenceWish): Conference {
  if (conferenceNamed(world, tenantId, wish.name) !== undefined) {
    throw new CodedError("invalid_request", `a conference named ${wish.name} is there already`, { param: "name" });
  }
  const id = world.makeId("conf");
  const conference: Conference = {
    id,
    tenantId,
    ...wish,
    createdAt: world.clock.wallMs(),
    bridge: { id, members: new Set(), parked: new Set(), isConference: true },
    participants: new Map(),
    endedAt: null,
  };
  world.registry.conferences.set(id, conference);
  tellAll(world, conference, "conference.created");
  return conference;
}

/** By id or name; undefined when the tenant has none such that is live. */
export function conferenceNamed(world: World, tenantId: string, nameOrId: string): Conference | undefined {
  for (const conference of world.registry.conferences.values()) {
    if (conference.tenantId !== tenantId || conference.endedAt !== null) continue;
    if (conference.id === nameOrId || conference.name === nameOrId) return conference;
  }
  return undefined;
}

/** By id or name; a name that is new makes one. Throws CodedError `not_found` for an id that is none, and what joining refuses. */
export function joinByName(
  world: World,
  call: LiveCall,
  { name, isMuted, endOnExit }: { name: string; isMuted: boolean; endOnExit: boolean },
): void {
  const { tenantId } = call.record;
  const known = conferenceNamed(world, tenantId, name);
  if (known === undefined && name.startsWith("voepy_conf_")) {
    throw new CodedError("not_found", `conference ${name} does not exist`, { param: "conference" });
  }
  const conference =
    known ?? createConference(world, tenantId, { name, maxParticipants: MOST_PARTICIPANTS, beep: false });
  joinConference(world, call, { conference, isMuted, endOnExit });
}

/** Throws CodedError `concurrency_limit_exceeded` when it is full. The call must be in no bridge. */
function joinConference(
  world: World,
  call: LiveCall,
  { conference, isMuted, endOnExit }: { conference: Conference; isMuted: boolean; endOnExit: boolean },
): void {
  if (conference.participants.size >= conference.maxParticipants) {
    throw new CodedError("concurrency_limit_exceeded", `conference ${conference.name} is full`, {
      details: { limit: conference.maxParticipants },
    });
  }
  const leg = call.primary;
  conference.participants.set(leg, { leg, joinedAt: world.clock.wallMs(), endOnExit, isMuted });
  conference.bridge.members.add(leg);
  leg.bridge = conference.bridge;
  leg.media?.stopPlayout("all");
  leg.media?.setMuted(isMuted);
  leg.patch({ status: "bridged" });
  setMembers(world, conference.bridge);
  call.advance("bridged", { bridgeId: conference.id });
  call.tell("conference.participant_joined", { ...nameOf(conference), muted: isMuted }, leg);
  beep(world, conference);
}

/**
 * A leg has left the bridge. Returns who is to be hung up with it: everybody, when it was to end the conference. The
 * last one out closes it.
 */
export function participantLeft(world: World, leg: Leg): Leg[] {
  const conference = [...world.registry.conferences.values()].find(({ participants }) => participants.has(leg));
  const participant = conference?.participants.get(leg);
  if (conference === undefined || participant === undefined) return [];
  conference.participants.delete(leg);
  leg.call.tell("conference.participant_left", nameOf(conference), leg);
  if (conference.participants.size === 0 || participant.endOnExit) return closeConference(world, conference);
  beep(world, conference);
  return [];
}

/** No more may join. Returns who is still in it, for the caller to hang up. */
export function closeConference(world: World, conference: Conference): Leg[] {
  if (conference.endedAt !== null) return [];
  conference.endedAt = world.clock.wallMs();
  tellAll(world, conference, "conference.ended");
  forgetOld(world);
  return [...conference.participants.keys()];
}

/** Ended conferences can be looked at for a while. */
const KEPT_ENDED = 500;

function forgetOld(world: World): void {
  const { conferences } = world.registry;
  const ended = [...conferences.values()].filter(({ endedAt }) => endedAt !== null);
  for (const { id } of ended.slice(0, Math.max(0, ended.length - KEPT_ENDED))) conferences.delete(id);
}

/** Everybody hears `play`; each on their own leg. */
export function legsOf(conference: Conference): Leg[] {
  return [...conference.participants.keys()];
}

/** What is told of it beside the call. */
function nameOf(conference: Conference): JsonObject {
  return { conference_id: conference.id, conference_name: conference.name };
}

function beep(world: World, conference: Conference): void {
  if (!conference.beep) return;
  for (const leg of conference.participants.keys()) playTone(world, leg, BEEP);
}

/** An event of no single call. */
function tellAll(world: World, conference: Conference, eventType: "conference.created" | "conference.ended"): void {
  const event = {
    id: world.makeId("evt"),
    tenantId: conference.tenantId,
    callId: null,
    eventType,
    occurredAt: world.clock.wallMs(),
    sequence: 1,
    data: JSON.stringify({ ...nameOf(conference), conference: serializeConference(conference) }),
    webhookUrl: null,
  };
  world.store.commit({ events: [event] }).catch((thrown: unknown) => {
    world.log.error("conference event could not be stored", { conference: conference.id, why: messageOf(thrown) });
  });
}

export function serializeConference(conference: Conference): JsonObject {
  return {
    id: conference.id,
    name: conference.name,
    status: conference.endedAt === null ? "active" : "ended",
    max_participants: conference.maxParticipants,
    beep: conference.beep,
    created_at: isoTime(conference.createdAt),
    ended_at: conference.endedAt === null ? null : isoTime(conference.endedAt),
    participants: [...conference.participants.values()].map(({ leg, joinedAt, isMuted, endOnExit }) => ({
      call_id: leg.call.id,
      leg_id: leg.id,
      from: leg.record.from,
      to: leg.record.to,
      muted: isMuted,
      end_on_exit: endOnExit,
      joined_at: isoTime(joinedAt),
    })),
  };
}
