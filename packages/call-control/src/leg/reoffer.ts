/** The far end's re-INVITE or UPDATE: hold, a new address, a new codec. */
import { answerOffer, makeOffer, readAnswer } from "@voepy/sip-stack";
import type { World } from "../world.ts";
import { noteFarHold } from "./hold.ts";
import type { Leg } from "./leg.ts";
import { applyAudio, codecsFor, nextCapabilities } from "./media-params.ts";

export function onOffer(world: World, leg: Leg, sdp: string | undefined): void {
  const session = leg.session;
  if (session === undefined) return;
  const { routeId, tenantId } = leg.call.record;
  const route = routeId === null || leg.role === "transfer" ? undefined : world.directory().route(tenantId, routeId);
  const capabilities = nextCapabilities(world, leg, codecsFor(route?.codecs, leg.audio?.codec));
  if (sdp === undefined) {
    // A re-INVITE without an offer wants ours (§14.2); its answer comes in the ACK.
    leg.localSdp = makeOffer(capabilities, leg.localSdp);
    world.sip.answerOffer(session, { sdp: leg.localSdp });
    return;
  }
  const answer = answerOffer(sdp, capabilities);
  if (!answer.ok) {
    // §14.2: the session goes on as it was.
    world.sip.answerOffer(session, { status: answer.status, reason: "Not Acceptable Here" });
    world.log.warn("offer refused", { call: leg.call.id, leg: leg.id, why: answer.problem });
    return;
  }
  leg.localSdp = answer.sdp;
  world.sip.answerOffer(session, { sdp: answer.sdp });
  applyAudio(leg, answer.audio);
  noteFarHold(leg, answer.audio);
}

/** The answer to an offer of ours. */
export function onOfferAnswered(world: World, leg: Leg, sdp: string | undefined): void {
  if (sdp === undefined) return;
  const answer = readAnswer(leg.localSdp, sdp);
  if (answer.ok) {
    applyAudio(leg, answer.audio);
    noteFarHold(leg, answer.audio);
  } else world.log.warn("answer cannot be used", { call: leg.call.id, leg: leg.id, why: answer.problem });
}
