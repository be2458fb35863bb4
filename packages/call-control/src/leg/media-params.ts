/** The only bridge between the vocabularies of SDP and of the media engine. */
import type { PortParams } from "@voepy/media-engine";
import type { AudioCapabilities, CodecName, NegotiatedAudio } from "@voepy/sip-stack";
import type { World } from "../world.ts";
import type { Leg } from "./leg.ts";

/** What the media engine can code today, in order of preference. */
export const ENGINE_CODECS: readonly CodecName[] = ["PCMU", "PCMA"];

/** Packet time of phones and trunks everywhere, ms. */
const PTIME_MS = 20;

export function portParamsOf(audio: NegotiatedAudio): PortParams {
  return {
    codec: audio.codec,
    txPayloadType: audio.txPayloadType,
    rxPayloadType: audio.rxPayloadType,
    rtpClockHz: audio.clockRateHz,
    channels: audio.channels,
    fmtp: audio.fmtp,
    ptimeMs: audio.ptimeMs,
    telephoneEvent: audio.telephoneEvent,
    remote: audio.remote,
    maySend: audio.direction === "sendrecv" || audio.direction === "sendonly",
    mayReceive: audio.direction === "sendrecv" || audio.direction === "recvonly",
  };
}

/** The route's codecs that the engine knows; `first` (the other party's) leads, so that a bridge can relay. */
export function codecsFor(allowed: readonly CodecName[] | undefined, first: CodecName | undefined): CodecName[] {
  const usable = (allowed ?? ENGINE_CODECS).filter((codec) => ENGINE_CODECS.includes(codec));
  return first !== undefined && usable.includes(first) ? [first, ...usable.filter((codec) => codec !== first)] : usable;
}

/** What this leg offers or answers next. Each description has a new version (RFC 3264 §8). */
export function nextCapabilities(world: World, leg: Leg, codecs: readonly CodecName[]): AudioCapabilities {
  leg.sdpVersion += 1;
  return {
    codecs,
    address: world.mediaAddress(leg.peerHost),
    udpPort: leg.media?.udpPort ?? 9,
    direction: leg.isHeld ? "sendonly" : "sendrecv",
    ptimeMs: PTIME_MS,
    telephoneEvent: true,
    sessionId: leg.sdpSessionId,
    sessionVersion: leg.sdpVersion,
  };
}

/** Puts what SDP agreed into force. */
export function applyAudio(leg: Leg, audio: NegotiatedAudio): void {
  leg.audio = audio;
  leg.media?.setParams(portParamsOf(audio));
}
