/**
 * What the media loop calls for a recording: copies what passes to a ring in shared memory which the recorder's thread
 * empties. Give it *packets* in both directions wherever there are packets, on the relay and on the frames path alike:
 * rx as they arrive, tx as they are sent. Then a switch of path cannot be heard in a recording. Frames are for what
 * has no packets. Telephone-events and comfort noise are not for it.
 */
import { allCodecs, type Codec } from "../codec/codec.ts";
import type { AudioPacket } from "../jitter/audio-packet.ts";
import { makeRecordHead, makeRing, RecordKind, RingWriter } from "./ring.ts";

/** rx: from the far end, the left channel of a dual recording; tx: to the far end, the right one. */
export const Side = { rx: 0, tx: 1 } as const;

/** Index: what the ring says. */
export const TAP_END_REASONS = ["", "stopped", "legClosed"] as const;
export type TapEndReason = Exclude<(typeof TAP_END_REASONS)[number], "">;

const NOTHING = new Uint8Array(0);
/** The longest frame taken: 60 ms at 16 kHz. */
const FRAME_SAMPLES = 960;
/** Rates of recordings: that of telephones, and what is enough for any voice. */
const NARROW_HZ = 8000;
const WIDE_HZ = 16_000;

/** The rate of a recording that begins while a leg speaks `codec`; undefined: nothing is agreed yet. */
export function recordingRateHz(codec: Codec | undefined): number {
  return codec !== undefined && codec.sampleRateHz > NARROW_HZ ? WIDE_HZ : NARROW_HZ;
}

/** The ring of one recording, shared by its tap and the recorder. */
export function makeRecorderRing(): SharedArrayBuffer {
  return makeRing();
}

/** All times: monotonic ms of one clock, the same for all calls on one tap. No method allocates or throws. */
export class RecorderTap {
  readonly #ring: RingWriter;
  readonly #head = makeRecordHead();
  readonly #startMs: number;
  /** Places in `allCodecs()`. */
  #rxCodec = 0;
  #txCodec = 0;
  /** A frame on its way to the ring, and the same memory as bytes. */
  readonly #samples = new Int16Array(FRAME_SAMPLES);
  readonly #bytes = new Uint8Array(this.#samples.buffer);

  /** The recording begins at `startMs`, at `rateHz`; a further tap on the same ring changes neither. */
  constructor(ring: SharedArrayBuffer, startMs: number, rateHz = NARROW_HZ) {
    this.#ring = new RingWriter(ring);
    this.#startMs = startMs;
    this.#head.kind = RecordKind.begin;
    this.#head.atMs = startMs;
    this.#head.rtpTimestamp = rateHz;
    this.#ring.write(this.#head, NOTHING, 0, 0);
  }

  /** What packets from now on are coded in. */
  setCodecs(rx: Codec, tx: Codec): void {
    this.#rxCodec = allCodecs().indexOf(rx);
    this.#txCodec = allCodecs().indexOf(tx);
  }

  rxPacket(bytes: Uint8Array, packet: AudioPacket, atMs: number): void {
    this.#head.side = Side.rx;
    this.#head.codec = this.#rxCodec;
    this.#packet(bytes, packet, atMs);
  }

  /** As it is sent: its SSRC, timestamp and payload are those of the outgoing packet. */
  txPacket(bytes: Uint8Array, packet: AudioPacket, atMs: number): void {
    this.#head.side = Side.tx;
    this.#head.codec = this.#txCodec;
    this.#packet(bytes, packet, atMs);
  }

  /** PCM at the recording's rate. */
  rxFrame(frame: Int16Array, atMs: number): void {
    this.#frame(Side.rx, frame, atMs);
  }

  /** PCM at the recording's rate. */
  txFrame(frame: Int16Array, atMs: number): void {
    this.#frame(Side.tx, frame, atMs);
  }

  /** The recorder finishes the file when it has read up to here. */
  close(reason: TapEndReason, atMs: number): void {
    this.#ring.end(TAP_END_REASONS.indexOf(reason), atMs - this.#startMs);
  }

  /** Packets and frames that found no room. */
  get dropped(): number {
    return this.#ring.dropped;
  }

  #packet(bytes: Uint8Array, packet: AudioPacket, atMs: number): void {
    const head = this.#head;
    head.kind = RecordKind.packet;
    head.seq = packet.seq;
    head.atMs = atMs;
    head.rtpTimestamp = packet.rtpTimestamp;
    head.ssrc = packet.ssrc;
    this.#ring.write(head, bytes, packet.payloadOffset, packet.payloadSize);
  }

  #frame(side: number, frame: Int16Array, atMs: number): void {
    const samples = Math.min(frame.length, FRAME_SAMPLES);
    for (let i = 0; i < samples; i++) this.#samples[i] = frame[i]!;
    const head = this.#head;
    head.kind = RecordKind.frame;
    head.side = side;
    head.atMs = atMs;
    head.ssrc = 0;
    this.#ring.write(head, this.#bytes, 0, samples * Int16Array.BYTES_PER_ELEMENT);
  }
}

/** The recording begins at `startMs`, at `rateHz`. */
export function makeRecorderTap(ring: SharedArrayBuffer, startMs: number, rateHz = NARROW_HZ): RecorderTap {
  return new RecorderTap(ring, startMs, rateHz);
}
