/**
 * The receiving end of a port: packets in as they arrive, one frame out a tick. Jitter buffer, decoder, concealment and
 * small corrections of delay in one; the loop needs nothing else. Packets may be of any length, equal to a frame or not.
 */
import type { Codec, Decoder } from "../codec/codec.ts";
import type { AudioPacket } from "./audio-packet.ts";
import { Concealer, findPitch } from "./conceal.ts";
import { JitterBuffer } from "./jitter-buffer.ts";
import { removePeriod } from "./shorten.ts";

/** What a pulled frame is made of: heard audio, audio guessed over a loss, or nothing. */
export type PulledFrame = "audio" | "concealed" | "silence";

export interface AudioReceiverFigures {
  /** Packets that came after their turn, twice, or in excess of the longest delay. */
  readonly discarded: number;
  /** Frames with guessed audio in them. */
  readonly concealedFrames: number;
  /** The delay held now, ms. */
  readonly targetMs: number;
}

const LONGEST_PACKET_MS = 120;
/** The longest packet on top of two frames. */
const QUEUE_MS = LONGEST_PACKET_MS + 40;
/** The delay is shortened when it could be this much less, and not more often than once in so many frames. */
const EXCESS_MS = 5;
const FRAMES_BETWEEN_SHORTENINGS = 5;

export class AudioReceiver {
  readonly #codec: Codec;
  readonly #decoder: Decoder;
  readonly #jitter: JitterBuffer;
  readonly #concealer: Concealer;
  readonly #samplesPerTick: number;
  /** Decoded samples that were not pulled yet, the oldest first. */
  readonly #queue: Int16Array;
  #queued = 0;
  /** Where a packet is decoded to before it joins the queue. */
  readonly #decoded: Int16Array;
  #concealedFrames = 0;
  #framesSinceShortening = 0;

  constructor(codec: Codec) {
    this.#codec = codec;
    this.#decoder = codec.makeDecoder();
    this.#jitter = new JitterBuffer(codec.rtpClockHz);
    this.#concealer = new Concealer(codec.sampleRateHz);
    this.#samplesPerTick = codec.sampleRateHz / codec.rtpClockHz;
    this.#queue = new Int16Array((QUEUE_MS * codec.sampleRateHz) / 1000);
    this.#decoded = new Int16Array((LONGEST_PACKET_MS * codec.sampleRateHz) / 1000);
  }

  /** Copies the payload. Packets of another payload type than the codec's must not come here. Never allocates, never throws. */
  push(bytes: Uint8Array, packet: AudioPacket): void {
    this.#jitter.push(bytes, packet);
  }

  /**
   * Once a tick: writes the next `out.length` samples (one frame at the codec's rate). Always fills `out`.
   * Never allocates, never throws.
   */
  pull(out: Int16Array): PulledFrame {
    this.#jitter.tick(out.length / this.#samplesPerTick);
    const made = this.#fill(out.length);
    this.#shortenIfDue(out.length);
    const queue = this.#queue;
    for (let i = 0; i < out.length; i++) out[i] = queue[i]!;
    this.#queued -= out.length;
    queue.copyWithin(0, out.length, out.length + this.#queued);
    if (made === "concealed") this.#concealedFrames++;
    return made;
  }

  /** Forgets all audio: after a change of path or far end. */
  reset(): void {
    this.#jitter.reset();
    this.#concealer.reset();
    this.#queued = 0;
  }

  get figures(): AudioReceiverFigures {
    const { late, duplicate, overflow, oversized } = this.#jitter.counts;
    return {
      discarded: late + duplicate + overflow + oversized,
      concealedFrames: this.#concealedFrames,
      targetMs: this.#jitter.delayMs + (this.#queued * 1000) / this.#codec.sampleRateHz,
    };
  }

  /** Brings the queue to `samples` at least. */
  #fill(samples: number): PulledFrame {
    let made: PulledFrame = this.#queued > 0 ? "audio" : "silence";
    while (this.#queued < samples) {
      const popped = this.#jitter.pop();
      if (popped === "packet") {
        this.#decodeTaken();
        made = made === "concealed" ? made : "audio";
        continue;
      }
      if (!this.#concealer.isSilent) made = "concealed";
      this.#concealUpTo(samples, popped === "missing");
    }
    return made;
  }

  #decodeTaken(): void {
    const { bytes, offset, size } = this.#jitter.taken;
    const count = this.#decoder.decode(bytes, offset, size, this.#decoded);
    this.#jitter.played(count / this.#samplesPerTick);
    const from = this.#queued;
    const to = Math.min(from + count, this.#queue.length);
    for (let i = from; i < to; i++) this.#queue[i] = this.#decoded[i - from]!;
    this.#queued = to;
    this.#concealer.good(from, to, this.#queue);
  }

  #concealUpTo(samples: number, isMissing: boolean): void {
    let count = samples - this.#queued;
    if (isMissing) {
      count = Math.min(count, Math.ceil(this.#jitter.missingTicks * this.#samplesPerTick));
      this.#jitter.concealed(count / this.#samplesPerTick);
    }
    this.#concealer.conceal(this.#queued, this.#queued + count, this.#queue);
    this.#queued += count;
  }

  /** Takes one pitch period out when the network has become better than the delay supposes. */
  #shortenIfDue(frameSamples: number): void {
    if (++this.#framesSinceShortening < FRAMES_BETWEEN_SHORTENINGS) return;
    const perMs = this.#codec.sampleRateHz / 1000;
    const excess = this.#jitter.excessTicks * this.#samplesPerTick;
    if (excess < EXCESS_MS * perMs || !this.#jitter.isReady) return;
    this.#framesSinceShortening = 0;
    this.#fill(2 * frameSamples);
    const period = findPitch(this.#queue, this.#queued, perMs);
    if (period > excess || this.#queued - period < frameSamples) return;
    const left = removePeriod(period, this.#queued, this.#queue);
    this.#jitter.shortened((this.#queued - left) / this.#samplesPerTick);
    this.#queued = left;
  }
}

export function makeAudioReceiver(codec: Codec): AudioReceiver {
  return new AudioReceiver(codec);
}
