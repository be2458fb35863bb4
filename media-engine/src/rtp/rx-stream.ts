/** What arrived of a far end's stream: counts, loss (RFC 3550 §A.3) and interarrival jitter (§6.4.1, §A.8). */
import type { AudioPacket } from "../jitter/audio-packet.ts";
import { unwrapSeq } from "./seq.ts";

/** A jump this long, in packets, is a new stream and no loss: the MAX_DROPOUT of §A.1. */
const MAX_DROPOUT = 3000;

/** RFC 3550 §6.4.1. */
export interface RxReport {
  readonly ssrc: number;
  readonly highestSeq: number;
  readonly lost: number;
  readonly jitterTicks: number;
  /** Since the report before. */
  readonly expectedNow: number;
  readonly lostNow: number;
}

export class RxStream {
  packets = 0;
  bytes = 0;
  ssrc = 0;
  /** Monotonic ms of the last packet; -Infinity before the first. */
  lastMs = Number.NEGATIVE_INFINITY;
  readonly #clockHz: number;
  #hasStream = false;
  #baseSeq = 0;
  #highestSeq = 0;
  #inStream = 0;
  #lostBefore = 0;
  #expectedPrior = 0;
  #inStreamPrior = 0;
  #hasTransit = false;
  #transit = 0;
  #jitter = 0;

  constructor(clockHz: number) {
    this.#clockHz = clockHz;
  }

  /** Counts one accepted packet. `isAudio`: its timestamp advances with time, which that of an event does not. */
  count(packet: AudioPacket, size: number, arrivalMs: number, isAudio: boolean): void {
    this.packets++;
    this.bytes += size;
    this.lastMs = arrivalMs;
    const seq = unwrapSeq(this.#highestSeq, packet.seq);
    if (!this.#hasStream || packet.ssrc !== this.ssrc || Math.abs(seq - this.#highestSeq) > MAX_DROPOUT)
      this.#begin(packet);
    else if (seq > this.#highestSeq) this.#highestSeq = seq;
    this.#inStream++;
    if (isAudio) this.#measureJitter(packet.rtpTimestamp, arrivalMs);
  }

  /** Packets that never came, over all streams of this leg. Duplicates hide losses, as in §A.3, but never below zero. */
  get lost(): number {
    return this.#lostBefore + this.#lostNow();
  }

  get jitterMs(): number {
    return (this.#jitter * 1000) / this.#clockHz;
  }

  /** What came of the present stream, and since the last time asked; undefined before its first packet. */
  report(): RxReport | undefined {
    if (!this.#hasStream) return undefined;
    const expected = this.#highestSeq - this.#baseSeq + 1;
    const expectedNow = Math.max(0, expected - this.#expectedPrior);
    const lostNow = Math.max(0, expectedNow - (this.#inStream - this.#inStreamPrior));
    this.#expectedPrior = expected;
    this.#inStreamPrior = this.#inStream;
    return {
      ssrc: this.ssrc,
      // Counted from one cycle up, see `#begin`.
      highestSeq: (this.#highestSeq - 0x10000) >>> 0,
      lost: this.#lostNow(),
      jitterTicks: Math.floor(this.#jitter),
      expectedNow,
      lostNow,
    };
  }

  /** Goes on with figures from before. */
  continueFrom(previous: Pick<RxStream, "packets" | "bytes" | "lost" | "lastMs">): void {
    this.packets = previous.packets;
    this.bytes = previous.bytes;
    this.lastMs = previous.lastMs;
    this.#lostBefore = previous.lost;
  }

  #lostNow(): number {
    return this.#hasStream ? Math.max(0, this.#highestSeq - this.#baseSeq + 1 - this.#inStream) : 0;
  }

  #begin(packet: AudioPacket): void {
    this.#lostBefore += this.#lostNow();
    this.#hasStream = true;
    this.ssrc = packet.ssrc;
    // One cycle up, so that a packet from before the first does not go below zero.
    this.#baseSeq = 0x10000 + packet.seq;
    this.#highestSeq = this.#baseSeq;
    this.#inStream = 0;
    this.#expectedPrior = 0;
    this.#inStreamPrior = 0;
    this.#hasTransit = false;
  }

  #measureJitter(rtpTimestamp: number, arrivalMs: number): void {
    // Only differences matter, so both may wrap: 32 bits of each are enough.
    const transit = (Math.round((arrivalMs * this.#clockHz) / 1000) - rtpTimestamp) | 0;
    if (this.#hasTransit) this.#jitter += (Math.abs((transit - this.#transit) | 0) - this.#jitter) / 16;
    this.#hasTransit = true;
    this.#transit = transit;
  }
}
