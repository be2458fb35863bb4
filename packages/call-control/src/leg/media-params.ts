/** The only bridge between the vocabularies of SDP and of the media engine. */
import { mediaCodecs, type PortParams } from "@voepy/media-engine";
import { optionsOf } from "@voepy/policy";
import {
  type AudioCapabilities,
  type CodecName,
  makeSrtpKeys,
  type NegotiatedAudio,
  type SessionTimers,
} from "@voepy/sip-stack";
import type { RouteRecord } from "@voepy/store";
import type { World } from "../world.ts";
import type { Leg } from "./leg.ts";

/**
 * What a leg without a route offers and takes, the preferred first: G.711 leads, since every phone and trunk has it and two
 * legs that speak it are relayed for next to nothing; G722 and Opus are for far ends that have or want nothing else.
 * L16 is five times their size and for routes that ask for it.
 */
const defaultCodecs = (): readonly CodecName[] => mediaCodecs().filter((codec) => codec !== "L16");

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
    alsoReceives: audio.alsoReceives?.map(({ clockRateHz, ...rest }) => ({ ...rest, rtpClockHz: clockRateHz })),
    ptimeMs: audio.ptimeMs,
    telephoneEvent: audio.telephoneEvent,
    remote: { address: audio.remote.address, udpPort: audio.remote.udpPort },
    rtcp: { mux: audio.rtcpMux, remoteUdpPort: audio.remote.rtcpPort },
    srtp: audio.srtp && {
      suite: audio.srtp.suite,
      txKey: Buffer.from(audio.srtp.txKey, "base64"),
      rxKey: Buffer.from(audio.srtp.rxKey, "base64"),
    },
    maySend: audio.direction === "sendrecv" || audio.direction === "sendonly",
    mayReceive: audio.direction === "sendrecv" || audio.direction === "recvonly",
  };
}

/** The route's codecs that the engine knows; `first` (the other party's) leads, so that a bridge can relay. */
export function codecsFor(allowed: readonly CodecName[] | undefined, first: CodecName | undefined): CodecName[] {
  const known = mediaCodecs();
  const usable = (allowed ?? defaultCodecs()).filter((codec) => known.includes(codec));
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
    rtcpMux: true,
    srtp: srtpOf(world, leg),
    sessionId: leg.sdpSessionId,
    sessionVersion: leg.sdpVersion,
  };
}

/** The keys of a leg are made once: a new offer of the same session goes on with them. */
function srtpOf(world: World, leg: Leg): AudioCapabilities["srtp"] {
  if (leg.srtp === "off") return undefined;
  leg.srtpKeys ??= makeSrtpKeys((out) => world.random.fill(out));
  return { policy: leg.srtp === "required" ? "require" : "accept", keys: leg.srtpKeys };
}

/** Puts what SDP agreed into force. */
export function applyAudio(leg: Leg, audio: NegotiatedAudio): void {
  leg.audio = audio;
  leg.media?.setParams(portParamsOf(audio));
}

/** How long a session may run without a refresh (RFC 4028 §4 recommends half an hour). */
const SESSION_SECS = 1800;

/** What a route says of session timers. */
export function sessionTimersOf(route: RouteRecord): SessionTimers {
  return { mode: optionsOf(route).sessionTimers, expirySecs: SESSION_SECS };
}
