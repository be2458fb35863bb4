/**
 * The receiving end of a port: packets in as they arrive, one frame out a tick. Jitter buffer, decoder, concealment and
 * small corrections of delay in one; the loop needs nothing else. Packets may be of any length, equal to a frame or not, and
 * of any codec that was agreed with the same RTP clock: a change of codec is heard as one sound.
 */
import type { Codec } from "../codec/codec.ts";
import { LONGEST_PACKET_MS, PacketDecoder } from "../codec/packet-decoder.ts";
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

/** The longest gap a decoder fills at once. */
const LONGEST_GAP_MS = 60;
/** The longest packet on top of two frames. */
const QUEUE_MS = LONGEST_PACKET_MS + 40;
/** The delay is shortened when it could be this much less, and not more often than once in so many frames. */
const EXCESS_MS = 5;
const FRAMES_BETWEEN_SHORTENINGS = 5;

export class AudioReceiver {
  readonly rtpClockHz: number;
  readonly #jitter: JitterBuffer;
  /** Further codecs by payload type; one that is not here is of the first. */
  readonly #others = new Map<number, PacketDecoder>();
  readonly #first: PacketDecoder;
  /** Of the last packet. */
  #decoder: PacketDecoder;
  #rateHz = 0;
  #samplesPerTick = 1;
  #concealer: Concealer;
  /** Decoded samples that were not pulled yet, the oldest first. */
  #queue = new Int16Array(0);
  #queued = 0;
  #concealedFrames = 0;
  #framesSinceShortening = 0;

  constructor(codec: Codec, rateHz = codec.sampleRateHz) {
    this.rtpClockHz = codec.rtpClockHz;
    this.#first = new PacketDecoder(codec, rateHz);
    this.#decoder = this.#first;
    this.#jitter = new JitterBuffer(codec.rtpClockHz, codec.longestPayload);
    this.#concealer = new Concealer(rateHz);
    this.setRate(rateHz);
  }

  /** Frames are pulled at this rate from now on. Allocates when it is another; what waits decoded is dropped. */
  setRate(rateHz: number): void {
    if (rateHz === this.#rateHz) return;
    this.#rateHz = rateHz;
    this.#samplesPerTick = rateHz / this.rtpClockHz;
    this.#first.setRate(rateHz);
    for (const other of this.#others.values()) other.setRate(rateHz);
    this.#concealer = new Concealer(rateHz);
    this.#queue = new Int16Array((QUEUE_MS * rateHz) / 1000);
    this.#queued = 0;
  }

  get rateHz(): number {
    return this.#rateHz;
  }

  /** Packets of `payloadType` are of `codec`, which has the same RTP clock. */
  accept(payloadType: number, codec: Codec): void {
    if ((this.#others.get(payloadType) ?? this.#first).codec === codec) return;
    this.#others.set(payloadType, new PacketDecoder(codec, this.#rateHz));
  }

  /** Copies the payload. Packets of what was not agreed must not come here. Never allocates, never throws. */
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
      targetMs: this.#jitter.delayMs + (this.#queued * 1000) / this.#rateHz,
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
    const { bytes, offset, size, payloadType } = this.#jitter.taken;
    this.#decoder = this.#others.get(payloadType) ?? this.#first;
    const count = this.#decoder.decode(bytes, offset, size);
    this.#jitter.played(count / this.#samplesPerTick);
    const from = this.#enqueue(count);
    this.#concealer.good(from, this.#queued, this.#queue);
  }

  /** Adds the decoder's last result. Returns where it begins. */
  #enqueue(count: number): number {
    const { pcm } = this.#decoder;
    const queue = this.#queue;
    const from = this.#queued;
    const to = Math.min(from + count, queue.length);
    for (let i = from; i < to; i++) queue[i] = pcm[i - from]!;
    this.#queued = to;
    return from;
  }

  #concealUpTo(samples: number, isMissing: boolean): void {
    let count = samples - this.#queued;
    if (isMissing && this.#decoder.conceals) {
      this.#concealByDecoder(count);
      return;
    }
    if (isMissing) {
      count = Math.min(count, Math.ceil(this.#jitter.missingTicks * this.#samplesPerTick));
      this.#jitter.concealed(count / this.#samplesPerTick);
    }
    this.#concealer.conceal(this.#queued, this.#queued + count, this.#queue);
    this.#queued += count;
  }

  /** A gap whose end is known is filled whole, since the packet behind it may tell what was in its last part. */
  #concealByDecoder(least: number): void {
    const jitter = this.#jitter;
    const isEndKnown = jitter.peek();
    const whole = Math.ceil(jitter.missingTicks * this.#samplesPerTick);
    const count = isEndKnown ? Math.min(whole, (LONGEST_GAP_MS * this.#rateHz) / 1000) : least;
    const { bytes, offset, size } = jitter.taken;
    const made = this.#decoder.conceal(bytes, offset, isEndKnown && count === whole ? size : 0, count);
    // A decoder that fails must not stop time.
    if (made === 0) this.#decoder.pcm.fill(0, 0, count);
    jitter.concealed(Math.max(made, count) / this.#samplesPerTick);
    const from = this.#enqueue(Math.max(made, count));
    this.#concealer.follow(from, this.#queued, this.#queue);
  }

  /** Takes one pitch period out when the network has become better than the delay supposes. */
  #shortenIfDue(frameSamples: number): void {
    if (++this.#framesSinceShortening < FRAMES_BETWEEN_SHORTENINGS) return;
    const perMs = this.#rateHz / 1000;
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

export function makeAudioReceiver(codec: Codec, rateHz: number): AudioReceiver {
  return new AudioReceiver(codec, rateHz);
}
