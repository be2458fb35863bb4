/**
 * One recording while it runs: empties its ring, puts both directions on one time line, writes what is final to the part
 * file. Audio is final 400 ms after its time and on disk at most 350 ms later, so that a crash loses less than a second.
 */
import { allCodecs } from "../codec/codec.ts";
import { PacketDecoder } from "../codec/packet-decoder.ts";
import { bytesPerStep, makeWavHeader, WAV_HEADER_BYTES, type WavFormat } from "../codec/wav-header.ts";
import { clip16 } from "../dsp/mix.ts";
import type { RecordingRequest } from "../types.ts";
import { Side, TAP_END_REASONS, type TapEndReason } from "./recorder-tap.ts";
import type { PartFile } from "./recording-file.ts";
import { RecordingTrack } from "./recording-track.ts";
import { type RecordHead, RecordKind, RingReader } from "./ring.ts";

export type CloseReason = TapEndReason | "maxLength";

/** Until a tap says more. */
const DEFAULT_RATE_HZ = 8000;
/** Late packets are waited for this long. */
const HOLD_MS = 400;
/** What is final is written in pieces of at least this. */
const PIECE_MS = 250;
/** When the thread comes late, it writes while it reads, before the tracks' windows overflow. */
const BACKLOG_MS = 1000;
const CHUNK_MS = 1000;
/** The longest frame a tap gives. */
const FRAME_MS = 120;

/** All that depends on the rate, which is known with the ring's first record. */
interface Sheet {
  readonly perMs: number;
  readonly tracks: readonly [RecordingTrack, RecordingTrack];
  readonly decoders: (PacketDecoder | undefined)[];
  readonly pcm: Int16Array;
  readonly rx: Int16Array;
  readonly tx: Int16Array;
  readonly out: Int16Array;
  readonly limit: number;
}

export class Recording {
  readonly request: RecordingRequest;
  readonly part: PartFile;
  /** Why it ended, once it has: then all of it is in the part file. */
  closed: CloseReason | undefined;

  readonly #ring: RingReader;
  #sheet: Sheet | undefined;
  #startMs = Number.NaN;
  /** Of the recorder's clock before the tap's. The least seen is the nearest to the truth. */
  #clockAheadMs = Number.POSITIVE_INFINITY;
  #newestMs = Number.NEGATIVE_INFINITY;
  #written = 0;

  constructor(request: RecordingRequest, ring: SharedArrayBuffer, part: PartFile) {
    this.request = request;
    this.part = part;
    this.#ring = new RingReader(ring);
  }

  get format(): WavFormat {
    const sampleRateHz = (this.#sheet?.perMs ?? DEFAULT_RATE_HZ / 1000) * 1000;
    return { sampleRateHz, channels: this.request.channels === "dual" ? 2 : 1 };
  }

  get durationMs(): number {
    return this.#sheet === undefined ? 0 : this.#written / this.#sheet.perMs;
  }

  /** Takes what is in the ring and writes what has become final. `nowMs` of any clock. Throws what the part file throws. */
  step(nowMs: number): void {
    if (this.#finishIfEnded() || this.#sheet === undefined) return;
    const { perMs, limit } = this.#sheet;
    this.#clockAheadMs = Math.min(this.#clockAheadMs, nowMs - this.#newestMs);
    const final = Math.floor((nowMs - this.#clockAheadMs - this.#startMs - HOLD_MS) * perMs);
    if (final >= limit) this.#finish("maxLength", limit / perMs);
    else if (final - this.#written >= PIECE_MS * perMs) this.#writeUpTo(this.#sheet, final);
  }

  /** Ends it with what has come, whether its tap was closed or not. Throws what the part file throws. */
  conclude(): void {
    if (this.#finishIfEnded()) return;
    this.#finish("legClosed", Number.isNaN(this.#startMs) ? 0 : this.#newestMs - this.#startMs);
  }

  /** Takes what is in the ring; if that was all there will ever be, finishes. */
  #finishIfEnded(): boolean {
    // Asked first: what is written before the end is told is then surely read.
    const reason = TAP_END_REASONS[this.#ring.endReason];
    this.#ring.read((head, bytes, offset, size) => this.#take(head, bytes, offset, size));
    if (reason !== "stopped" && reason !== "legClosed") return false;
    this.#finish(reason, this.#ring.endMs);
    return true;
  }

  #finish(reason: CloseReason, endMs: number): void {
    // A tap that never was leaves an empty file.
    const sheet = this.#sheet ?? this.#begin(DEFAULT_RATE_HZ);
    const end = Math.round(endMs * sheet.perMs);
    this.#writeUpTo(sheet, Math.min(end, sheet.limit));
    this.closed = end >= sheet.limit ? "maxLength" : reason;
    const dataBytes = this.part.sizeBytes - WAV_HEADER_BYTES;
    this.part.patch(0, makeWavHeader(this.format, dataBytes));
  }

  #take(head: Readonly<RecordHead>, bytes: Uint8Array, offset: number, size: number): void {
    const sheet = this.#sheet ?? this.#begin(head.kind === RecordKind.begin ? head.rtpTimestamp : DEFAULT_RATE_HZ);
    if (Number.isNaN(this.#startMs)) this.#startMs = head.atMs;
    if (head.atMs > this.#newestMs) this.#newestMs = head.atMs;
    const atMs = head.atMs - this.#startMs;
    // Records come in order of their times: what is older than this one by the hold is final.
    const { perMs, limit, tracks } = sheet;
    const final = Math.min(Math.floor((atMs - HOLD_MS) * perMs), limit);
    if (final - this.#written >= BACKLOG_MS * perMs) this.#writeUpTo(sheet, final);
    const track = head.side === Side.rx ? tracks[0] : tracks[1];
    if (head.kind === RecordKind.frame) track.placeFrame(atMs, sheet.pcm, copyFrame(bytes, offset, size, sheet.pcm));
    const codec = allCodecs()[head.codec];
    if (head.kind !== RecordKind.packet || codec === undefined) return;
    // One a direction and codec, since a decoder keeps state.
    const at = head.side * allCodecs().length + head.codec;
    const decoder = sheet.decoders[at] ?? new PacketDecoder(codec, perMs * 1000);
    sheet.decoders[at] = decoder;
    const { ssrc, rtpTimestamp } = head;
    const samplesPerTick = (perMs * 1000) / codec.rtpClockHz;
    const samples = decoder.decode(bytes, offset, size);
    track.placePacket({ ssrc, rtpTimestamp, atMs, samplesPerTick }, decoder.pcm, samples);
  }

  #begin(rateHz: number): Sheet {
    const perMs = rateHz / 1000;
    const chunk = CHUNK_MS * perMs;
    const { maxMs } = this.request;
    this.#sheet = {
      perMs,
      tracks: [new RecordingTrack(rateHz), new RecordingTrack(rateHz)],
      decoders: [],
      pcm: new Int16Array(FRAME_MS * perMs),
      rx: new Int16Array(chunk),
      tx: new Int16Array(chunk),
      out: new Int16Array(chunk * (this.request.channels === "dual" ? 2 : 1)),
      limit: maxMs === undefined ? Number.POSITIVE_INFINITY : Math.round(maxMs * perMs),
    };
    // Sizes are patched at the end; until then they say zero, and a repair takes them from the file.
    this.part.append(makeWavHeader(this.format, 0));
    return this.#sheet;
  }

  #writeUpTo(sheet: Sheet, end: number): void {
    while (this.#written < end) {
      const count = Math.min(sheet.rx.length, end - this.#written);
      sheet.tracks[0].read(count, sheet.rx);
      sheet.tracks[1].read(count, sheet.tx);
      this.part.append(this.#combine(sheet, count));
      this.#written += count;
    }
  }

  /** dual: rx left, tx right. single: their sum. Little-endian, as every machine Node runs on is. */
  #combine({ rx, tx, out }: Sheet, count: number): Uint8Array {
    if (this.format.channels === 2) {
      for (let i = 0; i < count; i++) {
        out[2 * i] = rx[i]!;
        out[2 * i + 1] = tx[i]!;
      }
    } else {
      for (let i = 0; i < count; i++) out[i] = clip16(rx[i]! + tx[i]!);
    }
    return new Uint8Array(out.buffer, 0, count * bytesPerStep(this.format));
  }
}

function copyFrame(bytes: Uint8Array, offset: number, size: number, out: Int16Array): number {
  const samples = Math.min(size >> 1, out.length);
  for (let i = 0; i < samples; i++) {
    const at = offset + 2 * i;
    out[i] = bytes[at]! | (bytes[at + 1]! << 8);
  }
  return samples;
}
