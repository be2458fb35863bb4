/**
 * Packets in as they come, out in their order and at their time. Pure: no clock, the caller's ticks are the time.
 *
 * `cursor` is the RTP timestamp of the next sample to play. A packet's *slack* is how far its timestamp lies ahead of the
 * cursor when it arrives: below zero it is late. From slack follows all adaptation:
 *
 *   buffer empty at a pop     the cursor waits while the caller conceals ("stall"). If the packet was only late, it
 *                             is played after all and the delay has grown by just what was needed; if it was lost,
 *                             the time concealed is taken off the gap and the delay is what it was.
 *   least slack of 3 s > 20 ms   more delay than the network needs: the caller may shorten the sound by the excess.
 *   slack of a packet > 120 ms   a burst after a standstill: skip to 40 ms at once.
 *
 * So the delay starts at 40 ms and lives between 20 and about 100 ms, and a sender's clock that runs fast or slow is
 * followed like any other change of slack.
 */
import type { AudioPacket } from "./audio-packet.ts";

/** `packet`: `taken` holds it; say `played`. `missing`: conceal up to `missingTicks`; say `concealed`. `empty`: nothing plays. */
export type Popped = "packet" | "missing" | "empty";

/** A packet that was popped; the bytes are the buffer's own, good until the next call. */
export interface TakenPacket {
  bytes: Uint8Array;
  offset: number;
  size: number;
  payloadType: number;
  rtpTimestamp: number;
}

export interface JitterCounts {
  /** After their turn. */
  late: number;
  duplicate: number;
  /** More than the longest delay holds. */
  overflow: number;
  /** Bigger than a slot: no packet of a call. */
  oversized: number;
  /** New SSRC, or sequence or timestamp far from what was expected. */
  resets: number;
}

const SLOTS = 32;
/** 120 ms of G.711 or G.722. */
const SLOT_BYTES = 960;
const START_MS = 40;
const FLOOR_MS = 20;
const CEILING_MS = 120;
/** A stall this long ends the talk spurt: the next packet starts afresh. */
const GIVE_UP_MS = 100;
/** A timestamp further than this from the cursor belongs to another time line. */
const JUMP_MS = 1000;
/** RFC 3550 appendix A.1, MAX_DROPOUT. */
const JUMP_PACKETS = 3000;
/** Least slack is kept for this many spans. */
const SPANS = 6;
const SPAN_MS = 500;

type State = "idle" | "priming" | "playing";

export class JitterBuffer {
  readonly counts: JitterCounts = { late: 0, duplicate: 0, overflow: 0, oversized: 0, resets: 0 };
  readonly taken: TakenPacket;

  readonly #ticksPerMs: number;
  readonly #slotBytes: number;
  /** Empty until the first packet comes: a leg that only ever relays needs none. */
  #bytes = new Uint8Array(0);
  readonly #isFull = new Uint8Array(SLOTS);
  /** Unwrapped, as are all sequence numbers and timestamps in here. */
  readonly #seqs = new Float64Array(SLOTS);
  readonly #timestamps = new Float64Array(SLOTS);
  readonly #sizes = new Uint16Array(SLOTS);
  readonly #payloadTypes = new Uint8Array(SLOTS);

  #state: State = "idle";
  #held = 0;
  #ssrc = -1;
  #newestSeq = 0;
  #newestTimestamp = 0;
  #nextSeq = 0;
  #cursor = 0;
  #packetTicks = 0;
  /** Time concealed while nothing was here to play. */
  #stalledTicks = 0;
  #primedTicks = 0;
  #gapTicks = 0;
  readonly #leastSlack = new Float64Array(SPANS);
  #span = 0;
  #spanTicks = 0;

  /** `longestPayload`: bytes of the longest packet that is taken. */
  constructor(rtpClockHz: number, longestPayload = SLOT_BYTES) {
    this.#ticksPerMs = rtpClockHz / 1000;
    this.#slotBytes = longestPayload;
    this.taken = { bytes: this.#bytes, offset: 0, size: 0, payloadType: 0, rtpTimestamp: 0 };
    this.#forgetSlack();
  }

  reset(): void {
    this.#isFull.fill(0);
    this.#held = 0;
    this.#state = "idle";
    this.#stalledTicks = 0;
    this.#gapTicks = 0;
    this.#forgetSlack();
  }

  /** Copies the payload. Allocates with the very first packet only, never throws. */
  push(bytes: Uint8Array, packet: AudioPacket): void {
    if (packet.payloadSize > this.#slotBytes) {
      this.counts.oversized++;
      return;
    }
    const seq = this.#newestSeq + (((packet.seq - this.#newestSeq) << 16) >> 16);
    const timestamp = this.#newestTimestamp + ((packet.rtpTimestamp - this.#newestTimestamp) | 0);
    if (this.#isOtherTimeline(packet.ssrc, seq, timestamp)) {
      if (this.#ssrc !== -1) this.counts.resets++;
      this.reset();
    }
    this.#ssrc = packet.ssrc;
    if (this.#state === "playing") this.#noteSlack(timestamp);
    if (this.#state === "idle") this.#begin(seq, timestamp);
    else if (this.#isLate(seq, timestamp)) {
      this.counts.late++;
      return;
    }
    this.#store(seq, timestamp, bytes, packet);
  }

  /** Once a frame, before its pops: `ticks` is the frame's length in RTP time. */
  tick(ticks: number): void {
    if (this.#state === "priming") this.#primedTicks += ticks;
    this.#spanTicks += ticks;
    if (this.#spanTicks < SPAN_MS * this.#ticksPerMs) return;
    this.#spanTicks = 0;
    this.#span = (this.#span + 1) % SPANS;
    this.#leastSlack[this.#span] = Number.POSITIVE_INFINITY;
  }

  pop(): Popped {
    if (this.#state === "idle") return "empty";
    if (this.#state === "priming" && !this.#isPrimed()) return "empty";
    this.#state = "playing";
    const slot = this.#earliest();
    if (slot < 0) return this.#stall();
    const timestamp = this.#timestamps[slot]!;
    // What was concealed while waiting is part of the gap, not on top of it.
    const used = Math.min(this.#stalledTicks, Math.max(0, timestamp - this.#cursor));
    this.#cursor += used;
    this.#stalledTicks = 0;
    this.#gapTicks = timestamp - this.#cursor;
    if (this.#gapTicks > 0) return "missing";
    this.#take(slot);
    return "packet";
  }

  /** After "packet": it decoded to this much time. */
  played(ticks: number): void {
    this.#cursor = this.taken.rtpTimestamp + ticks;
    if (ticks > 0) this.#packetTicks = ticks;
  }

  /** After "missing": at most this much is to be concealed before the next pop. */
  get missingTicks(): number {
    return this.#gapTicks;
  }

  /** After "missing": shows in `taken` the packet after the gap, which stays here. False: none has come yet. */
  peek(): boolean {
    const slot = this.#earliest();
    if (slot >= 0) this.#show(slot);
    return slot >= 0;
  }

  /** After "missing": this much was concealed. */
  concealed(ticks: number): void {
    if (this.#held > 0) this.#cursor += ticks;
    else this.#stalledTicks += ticks;
  }

  /** True when the next packet in order is here, so that a pop now gives it. */
  get isReady(): boolean {
    return this.#state === "playing" && this.#isFull[slotOf(this.#nextSeq)] === 1;
  }

  /** How much shorter the delay could be, in ticks; 0 while not known. */
  get excessTicks(): number {
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < SPANS; i++) least = Math.min(least, this.#leastSlack[i]!);
    return Number.isFinite(least) ? Math.max(0, least - FLOOR_MS * this.#ticksPerMs) : 0;
  }

  /** The sound was shortened by this much: what comes next has less slack. */
  shortened(ticks: number): void {
    for (let i = 0; i < SPANS; i++) this.#leastSlack[i] = this.#leastSlack[i]! - ticks;
  }

  /** Time from the cursor to the newest packet's start, ms: the delay as it is now. */
  get delayMs(): number {
    return this.#state === "idle" ? 0 : Math.max(0, this.#newestTimestamp - this.#cursor) / this.#ticksPerMs;
  }

  #isOtherTimeline(ssrc: number, seq: number, timestamp: number): boolean {
    if (ssrc !== this.#ssrc) return true;
    if (this.#state === "idle") return false;
    return (
      Math.abs(seq - this.#newestSeq) > JUMP_PACKETS || Math.abs(timestamp - this.#cursor) > JUMP_MS * this.#ticksPerMs
    );
  }

  #begin(seq: number, timestamp: number): void {
    if (this.#bytes.length === 0) {
      this.#bytes = new Uint8Array(SLOTS * this.#slotBytes);
      this.taken.bytes = this.#bytes;
    }
    this.#state = "priming";
    this.#primedTicks = 0;
    this.#stalledTicks = 0;
    this.#newestSeq = seq;
    this.#newestTimestamp = timestamp;
    this.#nextSeq = seq;
    this.#cursor = timestamp;
    this.#forgetSlack();
  }

  #isLate(seq: number, timestamp: number): boolean {
    if (this.#state === "priming") {
      if (this.#newestSeq - seq >= SLOTS) return true;
      // Nothing was played yet: an earlier packet may still become the first.
      if (seq < this.#nextSeq) {
        this.#nextSeq = seq;
        this.#cursor = Math.min(this.#cursor, timestamp);
      }
      return false;
    }
    // One of which a part is still to come is played whole.
    return seq < this.#nextSeq || timestamp + Math.max(1, this.#packetTicks) <= this.#cursor;
  }

  #noteSlack(timestamp: number): void {
    const slack = timestamp - this.#cursor - this.#stalledTicks;
    if (slack < this.#leastSlack[this.#span]!) this.#leastSlack[this.#span] = slack;
  }

  #store(seq: number, timestamp: number, bytes: Uint8Array, packet: AudioPacket): void {
    // All that is held lies within SLOTS numbers, so that a slot is free or holds this very packet.
    if (seq - this.#nextSeq >= SLOTS) this.#dropBefore(seq - SLOTS + 1);
    const slot = slotOf(seq);
    if (this.#isFull[slot] === 1) {
      this.counts.duplicate++;
      return;
    }
    this.#isFull[slot] = 1;
    this.#held++;
    this.#seqs[slot] = seq;
    this.#timestamps[slot] = timestamp;
    this.#sizes[slot] = packet.payloadSize;
    this.#payloadTypes[slot] = packet.payloadType;
    const from = packet.payloadOffset;
    const at = slot * this.#slotBytes;
    for (let i = 0; i < packet.payloadSize; i++) this.#bytes[at + i] = bytes[from + i]!;
    if (seq > this.#newestSeq) this.#newestSeq = seq;
    if (timestamp > this.#newestTimestamp) this.#newestTimestamp = timestamp;
    if (timestamp - this.#cursor > CEILING_MS * this.#ticksPerMs) this.#skipTo(timestamp);
  }

  /** Drops what lies more than the starting delay before `timestamp`. */
  #skipTo(timestamp: number): void {
    const from = timestamp - START_MS * this.#ticksPerMs;
    let slot = this.#earliest();
    while (slot >= 0 && this.#timestamps[slot]! < from) {
      this.#nextSeq = this.#seqs[slot]! + 1;
      this.#drop(slot);
      slot = this.#earliest();
    }
    this.#cursor = from;
    this.#forgetSlack();
  }

  #dropBefore(seq: number): void {
    for (let slot = 0; slot < SLOTS; slot++) if (this.#isFull[slot] === 1 && this.#seqs[slot]! < seq) this.#drop(slot);
    this.#nextSeq = seq;
  }

  #drop(slot: number): void {
    this.#isFull[slot] = 0;
    this.#held--;
    this.counts.overflow++;
  }

  #isPrimed(): boolean {
    const wanted = START_MS * this.#ticksPerMs;
    return this.#primedTicks >= wanted || this.#newestTimestamp - this.#cursor >= wanted;
  }

  /** The slot of the first packet in order, or -1. */
  #earliest(): number {
    if (this.#held === 0) return -1;
    for (let seq = this.#nextSeq; seq <= this.#newestSeq; seq++) {
      const slot = slotOf(seq);
      if (this.#isFull[slot] === 1) return slot;
    }
    return -1;
  }

  #stall(): Popped {
    if (this.#stalledTicks < GIVE_UP_MS * this.#ticksPerMs) {
      this.#gapTicks = Number.POSITIVE_INFINITY;
      return "missing";
    }
    this.reset();
    return "empty";
  }

  #take(slot: number): void {
    this.#isFull[slot] = 0;
    this.#held--;
    this.#nextSeq = this.#seqs[slot]! + 1;
    this.#show(slot);
  }

  #show(slot: number): void {
    this.taken.offset = slot * this.#slotBytes;
    this.taken.size = this.#sizes[slot]!;
    this.taken.payloadType = this.#payloadTypes[slot]!;
    this.taken.rtpTimestamp = this.#timestamps[slot]!;
  }

  #forgetSlack(): void {
    // Until every span was begun afresh, a low guess keeps the excess at nothing.
    this.#leastSlack.fill(Number.NEGATIVE_INFINITY);
    this.#spanTicks = 0;
  }
}

function slotOf(seq: number): number {
  return ((seq % SLOTS) + SLOTS) % SLOTS;
}
