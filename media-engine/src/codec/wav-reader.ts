/**
 * Reads the WAV files people have: PCM of 8, 16, 24 and 32 bits, float of 32 and 64, A-law and µ-law, any number of channels
 * folded to one, plain or WAVE_FORMAT_EXTENSIBLE. Chunk sizes are hints from a stranger: what is not there is not read.
 */
import { PCMA_TO_PCM } from "./pcma.ts";
import { PCMU_TO_PCM } from "./pcmu.ts";

export interface WavSound {
  readonly sampleRateHz: number;
  readonly channels: number;
  /** Samples of one channel. */
  readonly length: number;
  /** Writes samples `[from .. from + out.length)`, folded to one channel, -1 to 1; returns how many there were. */
  read(from: number, out: Float32Array): number;
}

/** `reason`: what is wrong, as a sentence's end. */
export type WavResult = { readonly sound: WavSound } | { readonly reason: string };

const PCM = 1;
const FLOAT = 3;
const ALAW = 6;
const MULAW = 7;
const EXTENSIBLE = 0xfffe;
const LEAST_RATE_HZ = 4000;
const MOST_RATE_HZ = 384_000;
const MOST_CHANNELS = 32;

interface Format {
  readonly tag: number;
  readonly channels: number;
  readonly sampleRateHz: number;
  readonly bits: number;
}

/** One sample at byte `at`, -1 to 1. */
type ReadSample = (view: DataView, at: number) => number;

const READERS: Readonly<Record<string, ReadSample>> = {
  [`${PCM}/8`]: (view, at) => (view.getUint8(at) - 128) / 128,
  [`${PCM}/16`]: (view, at) => view.getInt16(at, true) / 0x8000,
  [`${PCM}/24`]: (view, at) => (view.getUint16(at, true) + view.getInt8(at + 2) * 0x10000) / 0x80_0000,
  [`${PCM}/32`]: (view, at) => view.getInt32(at, true) / 0x8000_0000,
  [`${FLOAT}/32`]: (view, at) => finite(view.getFloat32(at, true)),
  [`${FLOAT}/64`]: (view, at) => finite(view.getFloat64(at, true)),
  [`${ALAW}/8`]: (view, at) => PCMA_TO_PCM[view.getUint8(at)]! / 0x8000,
  [`${MULAW}/8`]: (view, at) => PCMU_TO_PCM[view.getUint8(at)]! / 0x8000,
};

/** True for anything that says it is a RIFF WAVE file. */
export function isWav(bytes: Uint8Array): boolean {
  return wordAt(bytes, 0) === "RIFF" && wordAt(bytes, 8) === "WAVE";
}

/** `bytes` must stay as they are while the sound is read. */
export function readWav(bytes: Uint8Array): WavResult {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let format: Format | undefined;
  // Each chunk: four letters, its size, that many bytes, a byte more when the size is odd.
  for (let at = 12; at + 8 <= bytes.length; ) {
    const name = wordAt(bytes, at);
    const said = view.getUint32(at + 4, true);
    const from = at + 8;
    const size = Math.min(said, bytes.length - from);
    if (name === "fmt ") format = readFormat(view, from, size);
    if (name === "data")
      return format === undefined ? { reason: "no format before the data" } : open(view, format, { from, size });
    at = from + size + (size & 1);
  }
  return { reason: "no data" };
}

function readFormat(view: DataView, at: number, size: number): Format | undefined {
  if (size < 16) return undefined;
  const said = view.getUint16(at, true);
  // WAVE_FORMAT_EXTENSIBLE keeps the tag in the first two bytes of its sub-format.
  const tag = said === EXTENSIBLE && size >= 26 ? view.getUint16(at + 24, true) : said;
  return {
    tag,
    channels: view.getUint16(at + 2, true),
    sampleRateHz: view.getUint32(at + 4, true),
    bits: view.getUint16(at + 14, true),
  };
}

function open(view: DataView, format: Format, data: { from: number; size: number }): WavResult {
  const { channels, sampleRateHz, tag, bits } = format;
  if (channels < 1 || channels > MOST_CHANNELS) return { reason: `${channels} channels` };
  if (sampleRateHz < LEAST_RATE_HZ || sampleRateHz > MOST_RATE_HZ) return { reason: `a rate of ${sampleRateHz} Hz` };
  const readSample = READERS[`${tag}/${bits}`];
  if (readSample === undefined) return { reason: `format ${tag} of ${bits} bits` };
  const sampleBytes = bits / 8;
  const stepBytes = sampleBytes * channels;
  const length = Math.floor(data.size / stepBytes);
  return {
    sound: {
      sampleRateHz,
      channels,
      length,
      read(from, out) {
        const count = Math.max(0, Math.min(out.length, length - from));
        for (let i = 0; i < count; i++) {
          const at = data.from + (from + i) * stepBytes;
          let sum = 0;
          for (let channel = 0; channel < channels; channel++) sum += readSample(view, at + channel * sampleBytes);
          out[i] = sum / channels;
        }
        return count;
      },
    },
  };
}

function wordAt(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(bytes[at] ?? 0, bytes[at + 1] ?? 0, bytes[at + 2] ?? 0, bytes[at + 3] ?? 0);
}

/** Float files may hold anything. */
function finite(sample: number): number {
  return Number.isFinite(sample) ? Math.max(-1, Math.min(1, sample)) : 0;
}
