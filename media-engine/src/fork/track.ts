/**
 * One direction of a call as its fork's peer gets it: 20 ms after 20 ms from the moment the fork began, whatever the network
 * does. A packet goes on the moment it has come; what is missing, late or silent becomes silence of the same length, so that
 * the peer can count time by frames.
 */
import type { Codec } from "../codec/codec.ts";
import type { ForkFormat } from "../types.ts";
import { FRAME_MS, FrameCoder } from "./frame-coder.ts";

/** A packet is waited for this long after its time, or after one that overtook it, ms. */
const GRACE_MS = 60;
const REORDER_MS = 40;
/** Packets that wait for one they have overtaken. */
const MOST_HELD = 8;
/** A timestamp further off is a new sequence, ms. */
const JUMP_MS = 5000;
/** So many late packets in a row are no stragglers: the sender's clock stood while we sent silence. */
const LATE_IN_A_ROW = 25;

export interface ForkPacket {
  readonly codec: Codec;
  readonly ssrc: number;
  readonly rtpTimestamp: number;
  /** When it passed, ms of the clock `step` is given. */
  readonly atMs: number;
  readonly bytes: Uint8Array;
  readonly offset: number;
  readonly size: number;
}

export class ForkTrack {
  readonly #coder: FrameCoder;
  #codec: Codec | undefined;
  #ssrc = -1;
  /** Timestamp of the packet that is next in turn. */
  #next = 0;
  /** When the next audio should be there, ms. */
  #dueMs: number;
  #lateInARow = 0;
  readonly #held: ForkPacket[] = [];

  /** The first frame is of `startMs`. `emit` as FrameCoder's. */
  constructor(format: ForkFormat, startMs: number, emit: (frame: Uint8Array) => void) {
    this.#coder = new FrameCoder(format, emit);
    this.#dueMs = startMs + FRAME_MS;
  }

  /** Takes a packet; its bytes are only looked at during the call. */
  take(packet: ForkPacket): void {
    const ticks = this.#coder.ticksOf(packet.codec, packet.bytes, packet.offset, packet.size);
    if (ticks <= 0) return;
    if (packet.ssrc !== this.#ssrc || packet.codec !== this.#codec) this.#adopt(packet);
    let ahead = (packet.rtpTimestamp - this.#next) | 0;
    if (Math.abs(ahead) > this.#ticks(JUMP_MS) || (ahead < 0 && ++this.#lateInARow > LATE_IN_A_ROW)) {
      this.#adopt(packet);
      ahead = 0;
    }
    if (ahead < 0) return;
    this.#lateInARow = 0;
    // After a pause nothing can be on its way that it has overtaken.
    const isResuming = this.#held.length === 0 && packet.atMs >= this.#dueMs + FRAME_MS;
    if (ahead === 0) this.#deliver(packet, ticks);
    else if (isResuming) this.#deliverBehindGap(packet, ticks);
    else this.#hold(packet);
    if (this.#held.length > MOST_HELD) this.#releaseFirst();
    this.#deliverHeld();
  }

  /** Every few milliseconds: sends silence for what has not come in time. */
  step(nowMs: number): void {
    const first = this.#held[0];
    if (first !== undefined && nowMs - first.atMs >= REORDER_MS) this.#releaseFirst();
    while (nowMs >= this.#dueMs + GRACE_MS && this.#held.length === 0) this.#fill(FRAME_MS);
  }

  #ticks(ms: number): number {
    return (ms * (this.#codec?.rtpClockHz ?? 8000)) / 1000;
  }

  /** The packet begins a sequence of timestamps of its own. Time that has passed meanwhile was silence. */
  #adopt(packet: ForkPacket): void {
    while (this.#held.length > 0) this.#releaseFirst();
    this.#codec = packet.codec;
    this.#ssrc = packet.ssrc;
    this.#lateInARow = 0;
    while (packet.atMs >= this.#dueMs + FRAME_MS) this.#fill(FRAME_MS);
    this.#next = packet.rtpTimestamp;
  }

  #deliver(packet: ForkPacket, ticks: number): void {
    this.#coder.packet(packet.codec, packet.bytes, packet.offset, packet.size);
    this.#next = (packet.rtpTimestamp + ticks) >>> 0;
    this.#dueMs = packet.atMs + (ticks * 1000) / packet.codec.rtpClockHz;
  }

  #deliverBehindGap(packet: ForkPacket, ticks: number): void {
    const gapMs = (((packet.rtpTimestamp - this.#next) | 0) * 1000) / packet.codec.rtpClockHz;
    if (gapMs > 0) this.#fill(gapMs);
    this.#deliver(packet, ticks);
  }

  #fill(ms: number): void {
    this.#coder.silence(ms);
    this.#next = (this.#next + this.#ticks(ms)) >>> 0;
    this.#dueMs += ms;
  }

  /** Keeps a copy, in order; a packet that is there already is not kept. */
  #hold(packet: ForkPacket): void {
    if (this.#held.some(({ rtpTimestamp }) => rtpTimestamp === packet.rtpTimestamp)) return;
    const bytes = packet.bytes.slice(packet.offset, packet.offset + packet.size);
    this.#held.push({ ...packet, bytes, offset: 0 });
    this.#held.sort((a, b) => (a.rtpTimestamp - b.rtpTimestamp) | 0);
  }

  #releaseFirst(): void {
    const packet = this.#held.shift();
    if (packet === undefined) return;
    const ticks = this.#coder.ticksOf(packet.codec, packet.bytes, packet.offset, packet.size);
    if (((packet.rtpTimestamp - this.#next) | 0) >= 0) this.#deliverBehindGap(packet, ticks);
    this.#deliverHeld();
  }

  #deliverHeld(): void {
    for (let first = this.#held[0]; first !== undefined; first = this.#held[0]) {
      const ahead = (first.rtpTimestamp - this.#next) | 0;
      if (ahead > 0) return;
      this.#held.shift();
      if (ahead < 0) continue;
      this.#deliver(first, this.#coder.ticksOf(first.codec, first.bytes, first.offset, first.size));
    }
  }
}
