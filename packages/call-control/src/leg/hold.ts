/**
 * Hold, both ways. Ours: the party is offered `sendonly` (RFC 3264 §8.4), leaves its bridge's media and hears music or
 * silence. The far end's own shows in the direction it offers; its partner goes on hearing what it sends.
 */
import { CodedError } from "@voepy/base";
import { makeOffer, type NegotiatedAudio } from "@voepy/sip-stack";
import { setMembers } from "../bridge/bridge.ts";
import { playUrl, stopPlayback } from "../playout.ts";
import type { World } from "../world.ts";
import type { Leg } from "./leg.ts";
import { codecsFor, nextCapabilities } from "./media-params.ts";

/** Throws CodedError `call_not_in_required_state` when it is on hold already. */
export function holdLeg(world: World, leg: Leg, url: string | undefined): void {
  if (leg.isHeld) throw refused(leg, "is on hold already");
  leg.isHeld = true;
  offerDirection(world, leg);
  if (leg.bridge !== undefined) setMembers(world, leg.bridge);
  stopPlayback(leg, "all");
  if (url !== undefined) leg.holdMusic = playUrl(world, leg, { url: url, loop: 0 });
  leg.call.tell("call.held", { initiator: "api" }, leg);
}

/** Throws CodedError `call_not_in_required_state` when it is not on hold. */
export function resumeLeg(world: World, leg: Leg): void {
  if (!leg.isHeld) throw refused(leg, "is not on hold");
  leg.isHeld = false;
  leg.holdMusic = undefined;
  stopPlayback(leg, "all");
  offerDirection(world, leg);
  if (leg.bridge !== undefined) setMembers(world, leg.bridge);
  leg.call.tell("call.resumed", { initiator: "api" }, leg);
}

/** What the far end's latest description says of its own hold. */
export function noteFarHold(leg: Leg, audio: NegotiatedAudio): void {
  const isHeldByFar = !leg.isHeld && (audio.direction === "recvonly" || audio.direction === "inactive");
  if (isHeldByFar === leg.isHeldByFar) return;
  leg.isHeldByFar = isHeldByFar;
  const initiator = leg.record.direction === "inbound" ? "caller" : "callee";
  leg.call.tell(isHeldByFar ? "call.held" : "call.resumed", { initiator }, leg);
}

/** The direction our descriptions of this leg carry. */
export function offerDirection(world: World, leg: Leg): void {
  if (leg.session === undefined) return;
  const capabilities = nextCapabilities(world, leg, codecsFor(undefined, leg.audio?.codec));
  leg.localSdp = makeOffer(capabilities, leg.localSdp);
  if (!world.sip.offer(leg.session, leg.localSdp)) {
    // An offer of either side is still open; the media is right already, only the far end does not know.
    world.log.warn("hold could not be signalled", { call: leg.call.id, leg: leg.id });
  }
}

function refused(leg: Leg, why: string): CodedError {
  const { status } = leg.call.record;
  return new CodedError("call_not_in_required_state", `call ${leg.call.id} ${why}`, { details: { status } });
}
