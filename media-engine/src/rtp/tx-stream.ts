/**
 * The one owner of what a leg sends: SSRC, sequence number, timestamp. Frames of the tick, packets passed on from another leg,
 * echoes and telephone-events all take their numbers here, so that the far end sees a single stream whatever its
 * source: one SSRC, no step in the sequence numbers, timestamps that advance with time.
 */
import { type Random, randomUint32 } from "@voepy/base";
import type { AudioPacket } from "../jitter/audio-packet.ts";
import type { RtpHeader } from "./header.ts";
import { seqDistance } from "./seq.ts";

/** A jump this long, in packets, within one source is a new stream of it (RFC 3550 §A.1). */
const MAX_DROPOUT = 3000;
/** Our own audio steps by one packet unless more than this many packet times have passed: then we were silent. */
const PAUSE_PACKETS = 3;

/** What another thread needs to go on with the same stream. */
export interface TxState {
  readonly ssrc: number;
  readonly highestSeq: number;
  readonly lastTimestamp: number;
  readonly lastMs: number;
  readonly packets: number;
  readonly bytes: number;
}

export class TxStream {
  readonly ssrc: number;
  packets = 0;
  bytes = 0;
  readonly #clockHz: number;
  readonly #packetTicks: number;
  #highestSeq: number;
  /** Timestamp of the latest audio, and when it was sent. */
  #lastTimestamp: number;
  #lastMs = Number.NEGATIVE_INFINITY;
  #isFresh = true;

  #isRelaying = false;
  #sourceSsrc = 0;
  #seqOffset = 0;
  #timestampOffset = 0;
  /** How many numbers the present source has had: older ones of it belong to the time before. */
  #sourceSpan = 0;

  /** `packetTicks`: length of a packet in timestamp units. */
  constructor(options: { clockHz: number; packetTicks: number }, random: Random, from?: TxState) {
    this.#clockHz = options.clockHz;
    this.#packetTicks = options.packetTicks;
    // RFC 3550 §5.1: the first sequence number and timestamp should be random; RFC 3711 §3.3.1: the number in the lower
    // half, so that a receiver of SRTP that misses the first packets does not miss a wrap.
    this.ssrc = from?.ssrc ?? randomUint32(random);
    this.#highestSeq = from?.highestSeq ?? randomUint32(random) & 0x7fff;
    this.#lastTimestamp = from?.lastTimestamp ?? randomUint32(random);
    if (from === undefined) return;
    this.#lastMs = from.lastMs;
    this.#isFresh = from.packets === 0;
    this.packets = from.packets;
    this.bytes = from.bytes;
  }

  state(): TxState {
    return {
      ssrc: this.ssrc,
      highestSeq: this.#highestSeq,
      lastTimestamp: this.#lastTimestamp,
      lastMs: this.#lastMs,
      packets: this.packets,
      bytes: this.bytes,
    };
  }

  /** The timestamp the next packet of our own carries at `nowMs`. */
  nextTimestamp(nowMs: number): number {
    if (this.#isFresh) return this.#lastTimestamp;
    const elapsed = this.#elapsedPackets(nowMs);
    const steps = this.#isRelaying || elapsed > PAUSE_PACKETS ? Math.max(1, Math.round(elapsed)) : 1;
    return (this.#lastTimestamp + steps * this.#packetTicks) >>> 0;
  }

  /** Where the timeline stands at `nowMs`, also between two packets (a sender report's, RFC 3550 §6.4.1). */
  timestampAt(nowMs: number): number {
    if (this.#isFresh) return this.#lastTimestamp;
    return (this.#lastTimestamp + Math.round(((nowMs - this.#lastMs) * this.#clockHz) / 1000)) >>> 0;
  }

  /** Numbers one packet of our own audio. */
  own(out: RtpHeader, nowMs: number): void {
    out.rtpTimestamp = this.nextTimestamp(nowMs);
    // RFC 3551 §4.1: after a pause the marker allows the receiver to adjust its playout; so does a change of source.
    out.marker = this.#isFresh || this.#isRelaying || this.#elapsedPackets(nowMs) > PAUSE_PACKETS;
    this.#number(out);
    this.#advance(out.rtpTimestamp, nowMs);
  }

  /** Numbers one telephone-event of our own, sent in place of audio: `out` brings its timestamp and marker. */
  event(out: RtpHeader, nowMs: number): void {
    const audioTimestamp = this.nextTimestamp(nowMs);
    this.#number(out);
    this.#advance(audioTimestamp, nowMs);
  }

  /** Numbers a packet that brings its timestamp and marker, between our own: the timeline of audio stays where it is. */
  aside(out: RtpHeader): void {
    this.#number(out);
  }

  /**
   * Numbers a packet passed on: distances in sequence and time are those of its source, so that the far end still sees
   * loss and reordering for what they are. `isAudio`: its timestamp advances with time, which that of an event does not.
   * False when it is from before the last change of source and must be dropped.
   */
  relay(packet: AudioPacket, out: RtpHeader, nowMs: number, isAudio: boolean): boolean {
    const isKnown = this.#isRelaying && packet.ssrc === this.#sourceSsrc;
    let distance = isKnown ? seqDistance(this.#highestSeq, packet.seq + this.#seqOffset) : 0;
    const isNew = !isKnown || distance > MAX_DROPOUT || distance < -MAX_DROPOUT;
    if (isNew) {
      this.#adopt(packet, nowMs);
      distance = 1;
    }
    if (distance > 0) {
      this.#highestSeq = (this.#highestSeq + distance) & 0xffff;
      this.#sourceSpan += distance;
    } else if (-distance >= this.#sourceSpan) return false;
    out.ssrc = this.ssrc;
    out.seq = (packet.seq + this.#seqOffset) & 0xffff;
    out.rtpTimestamp = (packet.rtpTimestamp + this.#timestampOffset) >>> 0;
    out.marker = packet.marker || isNew;
    if (isAudio && distance > 0) {
      this.#lastTimestamp = out.rtpTimestamp;
      this.#lastMs = nowMs;
    }
    return true;
  }

  /** The next packet passed on is of another source, even if it should have the same SSRC. */
  changeSource(): void {
    this.#sourceSsrc = -1;
  }

  count(size: number): void {
    this.packets++;
    this.bytes += size;
  }

  #elapsedPackets(nowMs: number): number {
    return ((nowMs - this.#lastMs) * this.#clockHz) / (1000 * this.#packetTicks);
  }

  #adopt(packet: AudioPacket, nowMs: number): void {
    const steps = this.#isFresh ? 0 : Math.max(1, Math.round(this.#elapsedPackets(nowMs)));
    const timestamp = this.#lastTimestamp + steps * this.#packetTicks;
    this.#timestampOffset = (timestamp - packet.rtpTimestamp) | 0;
    this.#seqOffset = this.#highestSeq + 1 - packet.seq;
    this.#sourceSsrc = packet.ssrc;
    this.#sourceSpan = 0;
    this.#isRelaying = true;
    this.#isFresh = false;
    this.#lastTimestamp = timestamp >>> 0;
    this.#lastMs = nowMs;
  }

  #advance(timestamp: number, nowMs: number): void {
    this.#lastTimestamp = timestamp;
    this.#lastMs = nowMs;
    this.#isRelaying = false;
    this.#isFresh = false;
  }

  #number(out: RtpHeader): void {
    this.#highestSeq = (this.#highestSeq + 1) & 0xffff;
    out.seq = this.#highestSeq;
    out.ssrc = this.ssrc;
  }
}
