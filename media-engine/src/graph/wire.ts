/** What all ports of one media loop share: the way out, the scratch memory of the packet at hand, the counters. */
import type { Random } from "@voepy/base";
import { makeEndpoint, PACKET_BYTES, type RtpEndpoint, type RtpIo } from "../io/rtp-io.ts";
import { makeHeader, type RtpHeader } from "../rtp/header.ts";
import { SRTP_OVERHEAD_BYTES } from "../srtp/transform.ts";
import type { MediaEvent } from "../types.ts";

/** Packets by fate, since the start. */
export interface PacketCounters {
  packetsIn: number;
  packetsOut: number;
  rtcpIn: number;
  rtcpOut: number;
  /** RTCP that cannot be read, or is not of the leg's far end. */
  rtcpMalformed: number;
  rtcpForeign: number;
  /** Ports for RTCP that somebody else had. */
  rtcpPortsTaken: number;
  dropMalformed: number;
  /** Of encrypted legs: forged, repeated, or not encrypted. */
  dropUnauthentic: number;
  dropForeign: number;
  dropPayloadType: number;
  /** Before the leg knows what to expect, or for a leg that is gone. */
  dropUnexpected: number;
  /** From before a change of path. */
  dropLate: number;
  dropUnsendable: number;
}

export interface Wire {
  readonly io: RtpIo;
  readonly random: Random;
  /** Monotonic ms. */
  nowMs(): number;
  /** Gathers an event; they leave together after the step. */
  report(event: MediaEvent): void;
  readonly counters: PacketCounters;
  /** The packet that has just come: its length, when it came (monotonic ms), where from, and its header. */
  size: number;
  atMs: number;
  source: RtpEndpoint;
  readonly in: RtpHeader;
  /** Header of the packet being sent. */
  readonly out: RtpHeader;
  /** Memory for packets of our own. */
  readonly packet: Uint8Array;
  /** And for what is encrypted of any. */
  readonly sealed: Uint8Array;
}

export function makeWire(outer: Pick<Wire, "io" | "random" | "nowMs" | "report">): Wire {
  const counters = {
    packetsIn: 0,
    packetsOut: 0,
    rtcpIn: 0,
    rtcpOut: 0,
    rtcpMalformed: 0,
    rtcpForeign: 0,
    rtcpPortsTaken: 0,
    dropMalformed: 0,
    dropUnauthentic: 0,
    dropForeign: 0,
    dropPayloadType: 0,
    dropUnexpected: 0,
    dropLate: 0,
    dropUnsendable: 0,
  };
  return {
    ...outer,
    counters,
    size: 0,
    atMs: 0,
    source: makeEndpoint(),
    in: makeHeader(),
    out: makeHeader(),
    packet: new Uint8Array(PACKET_BYTES),
    sealed: new Uint8Array(PACKET_BYTES + SRTP_OVERHEAD_BYTES),
  };
}
