/**
 * Makes the MP3 of a finished recording from its WAV part, slice by slice, so that whoever calls stays free for others in
 * between. Constant bitrate: the duration of an MP3 of ours follows from its size.
 */
import { bytesPerStep, WAV_HEADER_BYTES, type WavFormat } from "../codec/wav-header.ts";
import type { PartFile } from "./recording-file.ts";

/** One encoder, used for one file after the other. What it returns is its own memory, good until the next call. */
export interface Mp3Encoder {
  configure(params: { channels: 1 | 2; sampleRate: number; bitrate: 32 | 64 }): void;
  /** One array a channel, samples from -1 to 1. */
  encode(channels: readonly Float32Array[]): Uint8Array;
  finalize(): Uint8Array;
}

/** About 40 ms of work. */
const SLICE_STEPS = 80_000;

export class Mp3Pass {
  readonly #encoder: Mp3Encoder;
  readonly #from: PartFile;
  readonly #to: PartFile;
  readonly #format: WavFormat;
  readonly #slice: Uint8Array;
  readonly #channels: readonly Float32Array[];
  #position = WAV_HEADER_BYTES;

  /** The encoder serves this pass alone until it is done. */
  constructor(encoder: Mp3Encoder, files: { from: PartFile; to: PartFile }, format: WavFormat) {
    this.#encoder = encoder;
    this.#from = files.from;
    this.#to = files.to;
    this.#format = format;
    this.#slice = new Uint8Array(SLICE_STEPS * bytesPerStep(format));
    this.#channels = Array.from({ length: format.channels }, () => new Float32Array(SLICE_STEPS));
    encoder.configure({
      channels: format.channels,
      sampleRate: format.sampleRateHz,
      bitrate: bitrateOf(format.channels),
    });
  }

  /** Encodes the next ten seconds. True: that was all. Throws what the files throw. */
  step(): boolean {
    const count = this.#from.read(this.#position, this.#slice);
    const steps = Math.floor(count / bytesPerStep(this.#format));
    this.#position += count;
    if (steps > 0) {
      this.#spread(steps);
      this.#to.append(this.#encoder.encode(this.#channels.map((channel) => channel.subarray(0, steps))));
    }
    if (count === this.#slice.length) return false;
    this.#to.append(this.#encoder.finalize());
    return true;
  }

  /** Interleaved 16-bit little-endian to one Float32Array a channel. */
  #spread(steps: number): void {
    const view = new DataView(this.#slice.buffer);
    const { channels } = this.#format;
    for (let i = 0; i < steps; i++)
      for (let channel = 0; channel < channels; channel++)
        this.#channels[channel]![i] = view.getInt16((i * channels + channel) * 2, true) / 32_768;
  }
}

/** kbit/s. */
function bitrateOf(channels: 1 | 2): 32 | 64 {
  return channels === 1 ? 32 : 64;
}

/**
 * Bytes a millisecond of an MP3 of ours, by its first frame header (ISO 11172-3 §2.4.1.3): eleven bits set, then version,
 * layer and so on; the two highest bits of byte 3 tell mono (3) from stereo. Undefined when it does not begin so.
 */
export function mp3BytesPerMs(header: Uint8Array): number | undefined {
  if (header.length < 4 || header[0] !== 0xff || (header[1]! & 0xe0) !== 0xe0) return undefined;
  return bitrateOf(header[3]! >> 6 === 3 ? 1 : 2) / 8;
}
