/**
 * One recording while it runs: empties its ring, puts both directions on one time line, writes what is final to the part
 * file. Audio is final 400 ms after its time and on disk at most 350 ms later, so that a crash loses less than a second.
 */
import { type Decoder, findCodec, MEDIA_CODECS } from "../codec/codec.ts";
import { bytesPerStep, makeWavHeader, WAV_HEADER_BYTES, type WavFormat } from "../codec/wav-header.ts";
import { clip16 } from "../dsp/mix.ts";
import type { RecordingRequest } from "../types.ts";
import { Side, TAP_END_REASONS, type TapEndReason } from "./recorder-tap.ts";
import type { PartFile } from "./recording-file.ts";
import { RECORD_RATE_HZ, RecordingTrack } from "./recording-track.ts";
import { type RecordHead, RecordKind, RingReader } from "./ring.ts";

export type CloseReason = TapEndReason | "maxLength";

const PER_MS = RECORD_RATE_HZ / 1000;
/** Late packets are waited for this long. */
const HOLD = 400 * PER_MS;
/** What is final is written in pieces of at least this. */
const PIECE = 250 * PER_MS;
/** When the thread comes late, it writes while it reads, before the tracks' windows overflow. */
const BACKLOG = 1000 * PER_MS;
const CHUNK = 1000 * PER_MS;
/** 120 ms at 8 kHz: the longest packet. */
const PACKET_SAMPLES = 960;

export class Recording {
  readonly request: RecordingRequest;
  readonly format: WavFormat;
  readonly part: PartFile;
  /** Why it ended, once it has: then all of it is in the part file. */
  closed: CloseReason | undefined;

  readonly #ring: RingReader;
  readonly #tracks = [new RecordingTrack(), new RecordingTrack()] as const;
  readonly #decoders: (Decoder | undefined)[] = [];
  readonly #pcm = new Int16Array(PACKET_SAMPLES);
  readonly #rx = new Int16Array(CHUNK);
  readonly #tx = new Int16Array(CHUNK);
  readonly #out: Int16Array;
  readonly #limit: number;
  #startMs = Number.NaN;
  /** Of the recorder's clock before the tap's. The least seen is the nearest to the truth. */
  #clockAheadMs = Number.POSITIVE_INFINITY;
  #newestMs = Number.NEGATIVE_INFINITY;
  #written = 0;

  /** Throws what writing to `part` throws. */
  constructor(request: RecordingRequest, ring: SharedArrayBuffer, part: PartFile) {
    this.request = request;
    this.part = part;
    this.format = { sampleRateHz: RECORD_RATE_HZ, channels: request.channels === "dual" ? 2 : 1 };
    this.#ring = new RingReader(ring);
    this.#out = new Int16Array(CHUNK * this.format.channels);
    this.#limit = request.maxMs === undefined ? Number.POSITIVE_INFINITY : Math.round(request.maxMs * PER_MS);
    // Sizes are patched at the end; until then they say zero, and a repair takes them from the file.
    part.append(makeWavHeader(this.format, 0));
  }

  get durationMs(): number {
    return this.#written / PER_MS;
  }

  /** Takes what is in the ring and writes what has become final. `nowMs` of any clock. Throws what the part file throws. */
  step(nowMs: number): void {
    if (this.#finishIfEnded() || Number.isNaN(this.#startMs)) return;
    this.#clockAheadMs = Math.min(this.#clockAheadMs, nowMs - this.#newestMs);
    const final = Math.floor((nowMs - this.#clockAheadMs - this.#startMs) * PER_MS) - HOLD;
    if (final >= this.#limit) this.#finish("maxLength", this.#limit);
    else if (final - this.#written >= PIECE) this.#writeUpTo(final);
  }

  /** Ends it with what has come, whether its tap was closed or not. Throws what the part file throws. */
  conclude(): void {
    if (this.#finishIfEnded()) return;
    const newest = Number.isNaN(this.#startMs) ? 0 : Math.round((this.#newestMs - this.#startMs) * PER_MS);
    this.#finish("legClosed", newest);
  }

  /** Takes what is in the ring; if that was all there will ever be, finishes. */
  #finishIfEnded(): boolean {
    // Asked first: what is written before the end is told is then surely read.
    const reason = TAP_END_REASONS[this.#ring.endReason];
    this.#ring.read((head, bytes, offset, size) => this.#take(head, bytes, offset, size));
    if (reason !== "stopped" && reason !== "legClosed") return false;
    this.#finish(reason, this.#ring.endMs * PER_MS);
    return true;
  }

  #finish(reason: CloseReason, end: number): void {
    this.#writeUpTo(Math.min(end, this.#limit));
    this.closed = end >= this.#limit ? "maxLength" : reason;
    const dataBytes = this.part.sizeBytes - WAV_HEADER_BYTES;
    this.part.patch(0, makeWavHeader(this.format, dataBytes));
  }

  #take(head: Readonly<RecordHead>, bytes: Uint8Array, offset: number, size: number): void {
    if (Number.isNaN(this.#startMs)) this.#startMs = head.atMs;
    if (head.atMs > this.#newestMs) this.#newestMs = head.atMs;
    const atMs = head.atMs - this.#startMs;
    // Records come in order of their times: what is older than this one by the hold is final.
    const final = Math.min(Math.floor(atMs * PER_MS) - HOLD, this.#limit);
    if (final - this.#written >= BACKLOG) this.#writeUpTo(final);
    const track = head.side === Side.rx ? this.#tracks[0] : this.#tracks[1];
    if (head.kind === RecordKind.frame) track.placeFrame(atMs, this.#pcm, this.#copyFrame(bytes, offset, size));
    if (head.kind !== RecordKind.packet) return;
    const samples = this.#decoderOf(head)?.decode(bytes, offset, size, this.#pcm) ?? 0;
    track.placePacket({ ssrc: head.ssrc, rtpTimestamp: head.rtpTimestamp, atMs }, this.#pcm, samples);
  }

  #copyFrame(bytes: Uint8Array, offset: number, size: number): number {
    const samples = Math.min(size >> 1, this.#pcm.length);
    for (let i = 0; i < samples; i++) {
      const at = offset + 2 * i;
      this.#pcm[i] = bytes[at]! | (bytes[at + 1]! << 8);
    }
    return samples;
  }

  /** One a direction and codec, since a decoder may keep state. */
  #decoderOf({ side, codec }: Readonly<RecordHead>): Decoder | undefined {
    const at = side * MEDIA_CODECS.length + codec;
    const name = MEDIA_CODECS[codec];
    if (this.#decoders[at] === undefined && name !== undefined) this.#decoders[at] = findCodec(name)?.makeDecoder();
    return this.#decoders[at];
  }

  #writeUpTo(end: number): void {
    while (this.#written < end) {
      const count = Math.min(CHUNK, end - this.#written);
      this.#tracks[0].read(count, this.#rx);
      this.#tracks[1].read(count, this.#tx);
      this.part.append(this.#combine(count));
      this.#written += count;
    }
  }

  /** dual: rx left, tx right. single: their sum. Little-endian, as every machine Node runs on is. */
  #combine(count: number): Uint8Array {
    const out = this.#out;
    if (this.format.channels === 2) {
      for (let i = 0; i < count; i++) {
        out[2 * i] = this.#rx[i]!;
        out[2 * i + 1] = this.#tx[i]!;
      }
    } else {
      for (let i = 0; i < count; i++) out[i] = clip16(this.#rx[i]! + this.#tx[i]!);
    }
    return new Uint8Array(out.buffer, 0, count * bytesPerStep(this.format));
  }
}
