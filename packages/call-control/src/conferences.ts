/** Conferences as the API's resource: made, listed, commanded from outside any call. */
import { CodedError } from "@voepy/base";
import {
  type Conference,
  type ConferenceWish,
  closeConference,
  conferenceNamed,
  createConference,
  legsOf,
  type Participant,
  serializeConference,
} from "./bridge/conference.ts";
import { endCall } from "./call/end.ts";
import { playUrl, queuePrompt } from "./playout.ts";
import { type SpeakBody, speechOf } from "./schema/speech.ts";
import type { JsonObject } from "./serialize/call.ts";
import type { World } from "./world.ts";

export interface Conferences {
  create(tenantId: string, wish: ConferenceWish): JsonObject;
  /** Newest first, ended ones for a while too. */
  list(tenantId: string): JsonObject[];
  /** Throws CodedError `not_found`. */
  get(tenantId: string, id: string): JsonObject;
  /** Throws CodedError `not_found` for a participant that is not in it, `call_already_ended` when it is over. */
  act(tenantId: string, id: string, action: ConferenceAction): Promise<JsonObject>;
}

export type ConferenceAction =
  | { readonly type: "mute" | "unmute" | "kick"; readonly callId: string }
  | { readonly type: "play"; readonly url: string; readonly loop: number }
  | { readonly type: "speak"; readonly body: SpeakBody; readonly loop: number }
  | { readonly type: "end" };

export function makeConferences(world: World): Conferences {
  return {
    create: (tenantId, wish) => serializeConference(createConference(world, tenantId, wish)),
    list: (tenantId) =>
      [...world.registry.conferences.values()]
        .filter((conference) => conference.tenantId === tenantId)
        .reverse()
        .map(serializeConference),
    get: (tenantId, id) => serializeConference(find(world, tenantId, id)),
    async act(tenantId, id, action) {
      const conference = find(world, tenantId, id);
      if (conference.endedAt !== null) throw new CodedError("call_already_ended", `conference ${id} is over`);
      perform(world, conference, action);
      await Promise.all(legsOf(conference).map((leg) => leg.call.flushed()));
      return serializeConference(conference);
    },
  };
}

function find(world: World, tenantId: string, id: string): Conference {
  const ended = world.registry.conferences.get(id);
  const conference = conferenceNamed(world, tenantId, id) ?? (ended?.tenantId === tenantId ? ended : undefined);
  if (conference === undefined) throw new CodedError("not_found", `conference ${id} does not exist`);
  return conference;
}

function perform(world: World, conference: Conference, action: ConferenceAction): void {
  switch (action.type) {
    case "mute":
    case "unmute": {
      const participant = participantOf(conference, action.callId);
      participant.isMuted = action.type === "mute";
      participant.leg.media?.setMuted(participant.isMuted);
      return;
    }
    case "kick":
      endCall(world, participantOf(conference, action.callId).leg.call, { reason: "completed", initiator: "api" });
      return;
    case "play":
      world.prompts.check(action.url);
      for (const leg of legsOf(conference)) playUrl(world, leg, { url: action.url, loop: action.loop });
      return;
    case "speak": {
      const speech = speechOf(world.speech, action.body.payload, action.body);
      const source = { type: "speech" as const, speech };
      for (const leg of legsOf(conference)) queuePrompt(world, leg, { source, loop: action.loop });
      return;
    }
    case "end":
      for (const leg of closeConference(world, conference))
        endCall(world, leg.call, { reason: "completed", initiator: "api" });
  }
}

function participantOf(conference: Conference, callId: string): Participant {
  for (const participant of conference.participants.values()) {
    if (participant.leg.call.id === callId || participant.leg.id === callId) return participant;
  }
  throw new CodedError("not_found", `call ${callId} is not in conference ${conference.name}`, { param: "call_id" });
}
