/**
 * Prompts ready to be played: each decoded once, for all calls that play it, and kept as PCM in shared memory, so that a
 * media thread plays it without a copy. Kept in all up to a bound; the least recently used go first (a call that
 * plays one keeps it alive by itself).
 */
import { CodedError } from "@voepy/base";
import { isWav, readWav, type WavSound } from "../codec/wav-reader.ts";
import { Resampler } from "../dsp/resample.ts";
import type { PreparedPrompt } from "../types.ts";

/** The edge to everything that is not WAV. Resolves little-endian mono PCM; rejects with an Error that says why not. */
export type DecodeOther = (bytes: Uint8Array, sampleRateHz: number) => Promise<Uint8Array>;

export interface PromptStoreOptions {
  readonly decodeOther: DecodeOther;
  /** Lets other work run: decoding goes in slices of a few milliseconds. */
  readonly breathe: () => Promise<void>;
  /** Rate prompts are decoded to and kept at. Default 8000. */
  readonly sampleRateHz?: number | undefined;
  /** PCM kept in all. Default 256 MiB. */
  readonly maxBytes?: number | undefined;
}

/** Longest prompt, as PCM: two hours at 8 kHz. */
export const MOST_PROMPT_BYTES = 2 * 3600 * 8000 * 2;
const SLICE_SAMPLES = 32_768;

interface Kept {
  readonly bytes: number;
  readonly byRate: Map<number, Int16Array>;
}

export class PromptStore {
  readonly #options: PromptStoreOptions;
  readonly #rateHz: number;
  readonly #maxBytes: number;
  /** In the order of their last use. */
  readonly #kept = new Map<string, Kept>();
  readonly #preparing = new Map<string, Promise<PreparedPrompt>>();
  #bytes = 0;

  constructor(options: PromptStoreOptions) {
    this.#options = options;
    this.#rateHz = options.sampleRateHz ?? 8000;
    this.#maxBytes = options.maxBytes ?? 256 * 1024 * 1024;
  }

  /** As MediaPool.preparePrompt. Calls with the same key while one is running share it. */
  prepare(key: string, bytes: Uint8Array): Promise<PreparedPrompt> {
    const ready = this.pcm(key, this.#rateHz);
    if (ready !== undefined) return Promise.resolve(this.#prepared(key, ready));
    const running = this.#preparing.get(key);
    if (running !== undefined) return running;
    const started = this.#decode(bytes)
      .then((pcm) => {
        this.#keep(key, this.#rateHz, pcm);
        return this.#prepared(key, pcm);
      })
      .finally(() => this.#preparing.delete(key));
    this.#preparing.set(key, started);
    return started;
  }

  has(key: string): boolean {
    return this.#kept.has(key);
  }

  /** Mono PCM over a SharedArrayBuffer: posting it to a thread copies nothing. Undefined: not prepared, or dropped for room. */
  pcm(key: string, sampleRateHz: number): Int16Array | undefined {
    const kept = this.#kept.get(key);
    if (kept === undefined) return undefined;
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    const ready = kept.byRate.get(sampleRateHz);
    if (ready !== undefined) return ready;
    const master = kept.byRate.get(this.#rateHz);
    if (master === undefined) return undefined;
    const made = resampleWhole(master, this.#rateHz, sampleRateHz);
    this.#keep(key, sampleRateHz, made);
    return made;
  }

  #prepared(key: string, pcm: Int16Array): PreparedPrompt {
    return { key, durationMs: Math.round((pcm.length * 1000) / this.#rateHz) };
  }

  async #decode(bytes: Uint8Array): Promise<Int16Array> {
    if (isWav(bytes)) {
      const read = readWav(bytes);
      if ("reason" in read) throw unplayable(`this WAV file cannot be played: ${read.reason}`);
      return await this.#decodeWav(read.sound);
    }
    try {
      const raw = await this.#options.decodeOther(bytes, this.#rateHz);
      const pcm = sharedPcm(raw.length >> 1);
      new Uint8Array(pcm.buffer).set(raw.subarray(0, pcm.byteLength));
      return nonEmpty(pcm);
    } catch (error) {
      if (error instanceof CodedError) throw error;
      throw unplayable(
        `this audio cannot be decoded: ${error instanceof Error ? error.message : String(error)}`,
        error,
      );
    }
  }

  async #decodeWav(sound: WavSound): Promise<Int16Array> {
    const samples = Math.ceil((sound.length * this.#rateHz) / sound.sampleRateHz);
    if (samples * 2 > MOST_PROMPT_BYTES) throw unplayable("a prompt is two hours long at most");
    const pcm = sharedPcm(samples);
    const input = new Float32Array(SLICE_SAMPLES);
    const resampler = sound.sampleRateHz === this.#rateHz ? undefined : new Resampler(sound.sampleRateHz, this.#rateHz);
    const output = resampler === undefined ? input : new Float32Array(resampler.outputLength(SLICE_SAMPLES));
    let at = 0;
    for (let from = 0; from < sound.length; from += SLICE_SAMPLES) {
      const count = sound.read(from, input);
      const made = resampler?.process(input, count, output) ?? count;
      at += writePcm(output, made, at, pcm);
      await this.#options.breathe();
    }
    if (resampler !== undefined) writePcm(output, resampler.flush(output), at, pcm);
    return nonEmpty(pcm);
  }

  #keep(key: string, rateHz: number, pcm: Int16Array): void {
    const before = this.#kept.get(key);
    const byRate = before?.byRate ?? new Map<number, Int16Array>();
    byRate.set(rateHz, pcm);
    this.#kept.delete(key);
    this.#kept.set(key, { byRate, bytes: (before?.bytes ?? 0) + pcm.byteLength });
    this.#bytes += pcm.byteLength;
    for (const [oldest, { bytes }] of this.#kept) {
      if (this.#bytes <= this.#maxBytes || oldest === key) break;
      this.#kept.delete(oldest);
      this.#bytes -= bytes;
    }
  }
}

function unplayable(message: string, cause?: unknown): CodedError {
  return new CodedError("media_unreachable", message, { cause });
}

function nonEmpty(pcm: Int16Array): Int16Array {
  if (pcm.length === 0) throw unplayable("there is no sound in this audio");
  return pcm;
}

function sharedPcm(samples: number): Int16Array {
  return new Int16Array(new SharedArrayBuffer(samples * Int16Array.BYTES_PER_ELEMENT));
}

/** -1 to 1 becomes 16 bits. Returns samples written: `pcm` ends where its sound does. */
function writePcm(from: Float32Array, count: number, at: number, pcm: Int16Array): number {
  const fits = Math.min(count, pcm.length - at);
  for (let i = 0; i < fits; i++) {
    const value = Math.round(from[i]! * 32_768);
    pcm[at + i] = value > 32_767 ? 32_767 : value < -32_768 ? -32_768 : value;
  }
  return fits;
}

function resampleWhole(pcm: Int16Array, fromHz: number, toHz: number): Int16Array {
  const resampler = new Resampler(fromHz, toHz);
  const input = Float32Array.from(pcm, (sample) => sample / 32_768);
  const output = new Float32Array(resampler.outputLength(input.length));
  const made = sharedPcm(Math.ceil((pcm.length * toHz) / fromHz));
  const at = writePcm(output, resampler.process(input, input.length, output), 0, made);
  writePcm(output, resampler.flush(output), at, made);
  return made;
}
