/**
 * From packets of a call to the 20 ms frames of a fork. Where the codecs agree the payload goes through as it came; where they
 * do not it is decoded, brought to the fork's rate and encoded.
 */
import { type Codec, type Decoder, type Encoder, findCodec } from "../codec/codec.ts";
import { nativeRateHz } from "../codec/packet-decoder.ts";
import { PCMU_SILENCE } from "../codec/pcmu.ts";
import type { ForkFormat } from "../types.ts";
import { RateChanger } from "./rate-changer.ts";

export const FRAME_MS = 20;
const FRAMES_PER_SEC = 1000 / FRAME_MS;
/** A-law's code of silence. */
const PCMA_SILENCE = 0xd5;
/** The longest packet: 120 ms at 48 kHz. */
const PACKET_SAMPLES = 5760;
const ENCODED_BYTES = 2048;

/** Codecs of one byte a sample, whose packets can be cut and joined anywhere. */
const SAMPLE_BYTES: ReadonlySet<string> = new Set(["PCMU", "PCMA"]);

export class FrameCoder {
  readonly #format: ForkFormat;
  readonly #emit: (frame: Uint8Array) => void;
  /** Of the PCM that is encoded. */
  readonly #rateHz: number;
  /** Of G.711 in and the same out: bytes of the frame being filled. */
  readonly #joined: Uint8Array | undefined;
  #joinedFill = 0;
  /** PCM of the frame being filled, at the fork's rate. */
  readonly #frame: Int16Array;
  #frameFill = 0;
  readonly #encoder: Encoder;
  readonly #encoded: Uint8Array;
  readonly #pcm = new Int16Array(PACKET_SAMPLES);
  #source: Codec | undefined;
  #decoder: Decoder | undefined;
  #rates: RateChanger | undefined;

  /** `emit` gets every frame in its turn, to keep. Throws for a codec this machine does not have. */
  constructor(format: ForkFormat, emit: (frame: Uint8Array) => void) {
    this.#format = format;
    this.#emit = emit;
    this.#rateHz = pcmRateHz(format);
    this.#frame = new Int16Array(this.#rateHz / FRAMES_PER_SEC);
    if (SAMPLE_BYTES.has(format.codec)) this.#joined = new Uint8Array(this.#frame.length);
    this.#encoder = encoderOf(format);
    this.#encoded = new Uint8Array(Math.max(ENCODED_BYTES, 2 * this.#frame.length));
  }

  /** Length of a packet in units of its RTP timestamp. */
  ticksOf(codec: Codec, bytes: Uint8Array, offset: number, size: number): number {
    if (codec.name === "L16") return size >> 1;
    // A byte is a sample of G.711 and two of G.722, whose RTP clock is half its rate (RFC 3551 §4.5.2).
    if (codec.name !== "OPUS") return size;
    return opusTicks(bytes, offset, size);
  }

  /** One packet of the call, in its turn. */
  packet(codec: Codec, bytes: Uint8Array, offset: number, size: number): void {
    if (codec !== this.#source) this.#changeSource(codec);
    if (this.#passes(codec)) {
      this.#pass(codec, bytes, offset, size);
      return;
    }
    const count = this.#decoder?.decode(bytes, offset, size, this.#pcm) ?? 0;
    this.#take(this.#pcm, count);
  }

  /** Of this length, in its turn. */
  silence(ms: number): void {
    const { codec } = this.#format;
    if (this.#joined !== undefined && (this.#source === undefined || this.#passes(this.#source))) {
      const code = codec === "PCMU" ? PCMU_SILENCE : PCMA_SILENCE;
      this.#join(new Uint8Array((ms * this.#rateHz) / 1000).fill(code));
      return;
    }
    const samples = Math.round((ms * (this.#rates?.fromHz ?? this.#rateHz)) / 1000);
    this.#take(new Int16Array(samples), samples);
  }

  #changeSource(codec: Codec): void {
    this.#source = codec;
    const fromHz = nativeRateHz(codec, this.#rateHz);
    this.#decoder = codec.makeDecoder({ rateHz: fromHz });
    this.#rates = fromHz === this.#rateHz ? undefined : new RateChanger(fromHz, this.#rateHz);
    // What the filter holds back is lent in advance, so that each packet makes a whole frame.
    if (this.#rates !== undefined && this.#frameFill === 0) this.#frameFill = this.#rates.delaySamples;
  }

  /** L16 of a fork has its own byte order. */
  #passes({ name }: Codec): boolean {
    return name === this.#format.codec && name !== "L16";
  }

  #pass(codec: Codec, bytes: Uint8Array, offset: number, size: number): void {
    const payload = bytes.slice(offset, offset + size);
    if (this.#joined !== undefined) this.#join(payload);
    else if (this.ticksOf(codec, bytes, offset, size) * FRAMES_PER_SEC === codec.rtpClockHz) this.#emit(payload);
    else this.#take(this.#pcm, this.#decoder?.decode(bytes, offset, size, this.#pcm) ?? 0);
  }

  #join(payload: Uint8Array): void {
    const frame = this.#joined;
    if (frame === undefined) return;
    for (let at = 0; at < payload.length; ) {
      const count = Math.min(payload.length - at, frame.length - this.#joinedFill);
      frame.set(payload.subarray(at, at + count), this.#joinedFill);
      at += count;
      this.#joinedFill += count;
      if (this.#joinedFill < frame.length) return;
      this.#joinedFill = 0;
      this.#emit(frame.slice());
    }
  }

  #take(pcm: Int16Array, count: number): void {
    const samples = this.#rates?.change(pcm, count) ?? pcm.subarray(0, count);
    for (const sample of samples) {
      this.#frame[this.#frameFill++] = sample;
      if (this.#frameFill < this.#frame.length) continue;
      this.#frameFill = 0;
      const size = this.#encoder.encode(this.#frame, 0, this.#encoded);
      this.#emit(this.#encoded.slice(0, size));
    }
  }
}

/** Of what is encoded; that of G.722 is not the one it is named by (RFC 3551 §4.5.2). */
function pcmRateHz({ codec, sampleRateHz }: ForkFormat): number {
  return codec === "G722" ? 16_000 : sampleRateHz;
}

function encoderOf(format: ForkFormat): Encoder {
  if (format.codec === "L16") return format.l16ByteOrder === "be" ? l16BigEndian : l16LittleEndian;
  const codec = findCodec(format.codec);
  if (codec === undefined) throw new Error(`this machine has no ${format.codec} codec`);
  return codec.makeEncoder({ rateHz: pcmRateHz(format) });
}

const l16LittleEndian: Encoder = {
  encode(pcm, offset, out) {
    for (let i = 0; i < pcm.length; i++) {
      out[offset + 2 * i] = pcm[i]!;
      out[offset + 2 * i + 1] = pcm[i]! >> 8;
    }
    return 2 * pcm.length;
  },
};

const l16BigEndian: Encoder = {
  encode(pcm, offset, out) {
    for (let i = 0; i < pcm.length; i++) {
      out[offset + 2 * i] = pcm[i]! >> 8;
      out[offset + 2 * i + 1] = pcm[i]!;
    }
    return 2 * pcm.length;
  },
};

/** Frame lengths of Opus by the upper bits of its first byte, at 48 kHz (RFC 6716 §3.1). */
function opusTicks(bytes: Uint8Array, offset: number, size: number): number {
  if (size < 1) return 0;
  const toc = bytes[offset]!;
  const config = toc >> 3;
  const frame =
    config < 12 ? [480, 960, 1920, 2880][config & 3]! : config < 16 ? 480 << (config & 1) : 120 << (config & 3);
  const code = toc & 3;
  const frames = code === 0 ? 1 : code < 3 ? 2 : size > 1 ? bytes[offset + 1]! & 63 : 0;
  return frame * frames;
}
