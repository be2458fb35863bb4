/**
 * Several frequencies at once, in segments of exact length, with the phase running on from frame to frame. Levels are
 * dBm0: 0 dBm0 lies 3.14 dB below the sine that just fills 16 bits (ITU-T G.711 §5, A-law).
 */
import type { ToneSpec } from "../types.ts";

const FULL_SCALE = 32_768;
const FULL_SCALE_DBM0 = 3.14;
/** More at once than any signal of a telephone network has. */
const MOST_FREQUENCIES = 8;

/** Peak of one sine at `levelDbm0`. */
export function amplitudeOf(levelDbm0: number): number {
  return FULL_SCALE * 10 ** ((levelDbm0 - FULL_SCALE_DBM0) / 20);
}

export class ToneGenerator {
  readonly #spec: ToneSpec;
  readonly #rateHz: number;
  #segment = -1;
  #leftSamples = 0;
  #amplitude = 0;
  #voices = 0;
  /** Radians, and radians a sample. */
  readonly #phase = new Float64Array(MOST_FREQUENCIES);
  readonly #step = new Float64Array(MOST_FREQUENCIES);
  /** Exact positions: the end of segment k is the rounded sum of all durations up to it. */
  #endMs = 0;
  #position = 0;

  constructor(spec: ToneSpec, sampleRateHz: number) {
    this.#spec = spec;
    this.#rateHz = sampleRateHz;
    this.rewind();
  }

  rewind(): void {
    this.#segment = -1;
    this.#endMs = 0;
    this.#position = 0;
    this.#leftSamples = 0;
  }

  /** Writes to `out[from ..]`. Returns samples written: fewer than fit only when the tone is over. Never allocates, never throws. */
  write(from: number, out: Int16Array): number {
    let at = from;
    while (at < out.length) {
      if (this.#leftSamples === 0 && !this.#nextSegment()) break;
      const count = Math.min(this.#leftSamples, out.length - at);
      for (let i = 0; i < count; i++) out[at + i] = this.#sample();
      this.#leftSamples -= count;
      this.#position += count;
      at += count;
    }
    return at - from;
  }

  #sample(): number {
    let sum = 0;
    for (let voice = 0; voice < this.#voices; voice++) {
      sum += Math.sin(this.#phase[voice]!);
      const phase = this.#phase[voice]! + this.#step[voice]!;
      this.#phase[voice] = phase > 2 * Math.PI ? phase - 2 * Math.PI : phase;
    }
    const value = Math.round(sum * this.#amplitude);
    return value > 32_767 ? 32_767 : value < -32_768 ? -32_768 : value;
  }

  /** False when there is none, or when a whole round has no length and would never end. */
  #nextSegment(): boolean {
    const { segments, repeat } = this.#spec;
    for (let tries = 0; tries <= segments.length; tries++) {
      this.#segment++;
      if (this.#segment >= segments.length) {
        if (!repeat) return false;
        this.#segment = 0;
      }
      const segment = segments[this.#segment];
      if (segment === undefined) return false;
      this.#endMs += Math.max(0, segment.durationMs);
      this.#leftSamples = Math.round((this.#endMs * this.#rateHz) / 1000) - this.#position;
      if (this.#leftSamples > 0) {
        this.#tune(segment.frequenciesHz, segment.levelDbm0);
        return true;
      }
    }
    return false;
  }

  #tune(frequenciesHz: readonly number[], levelDbm0: number): void {
    this.#voices = Math.min(frequenciesHz.length, MOST_FREQUENCIES);
    this.#amplitude = amplitudeOf(levelDbm0);
    for (let voice = 0; voice < this.#voices; voice++) {
      const step = (2 * Math.PI * frequenciesHz[voice]!) / this.#rateHz;
      // The same frequency goes on where it was; a new one starts at zero.
      if (this.#step[voice] !== step) this.#phase[voice] = 0;
      this.#step[voice] = step;
    }
  }
}
