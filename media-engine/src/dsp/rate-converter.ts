/**
 * Frames from one rate to another, where one is a whole multiple of the other (8, 16, 48 kHz), on the tick: the filter of
 * `Resampler` in a form that takes and gives 16 bits, allocates nothing and writes exactly as many samples as belong to
 * what it got. Delay: 12 samples of the lower rate, 1.5 ms at 8 kHz.
 */
import { makeSincRows } from "./sinc.ts";

/** Zero crossings to each side, at the lower rate: 60 dB are enough for what a codec then does to it. */
const CROSSINGS = 12;
const BETA = 5.65;
const PASSBAND = 0.84;

export class RateConverter {
  readonly fromHz: number;
  readonly toHz: number;
  /** One of them is 1. */
  readonly #up: number;
  readonly #down: number;
  readonly #taps: number;
  /** One row of taps an output sample of one input sample. */
  readonly #rows: Float32Array;
  /** What the filter still needs of former frames, then the frame at hand. */
  readonly #line: Float32Array;

  /** `longestMs` of any frame. Throws a RangeError when neither rate is a multiple of the other. */
  constructor(fromHz: number, toHz: number, longestMs = 120) {
    this.fromHz = fromHz;
    this.toHz = toHz;
    this.#up = Math.max(1, toHz / fromHz);
    this.#down = Math.max(1, fromHz / toHz);
    if (!Number.isInteger(this.#up) || !Number.isInteger(this.#down))
      throw new RangeError(`${fromHz} Hz to ${toHz} Hz is not by a whole number`);
    this.#taps = 2 * CROSSINGS * this.#down;
    this.#rows = makeSincRows(
      { phases: this.#up, taps: this.#taps },
      { cutoff: (1 + PASSBAND) / 2 / this.#down, beta: BETA },
    );
    this.#line = new Float32Array(this.#taps - 1 + (longestMs * fromHz) / 1000);
  }

  /**
   * Takes `input[0 .. samples)`, a multiple of fromHz / toHz, and writes what it makes to the start of `out`. Returns
   * samples written. Never allocates, never throws.
   */
  process(input: Int16Array, samples: number, out: Int16Array): number {
    const line = this.#line;
    const kept = this.#taps - 1;
    const count = Math.min(samples, line.length - kept);
    for (let i = 0; i < count; i++) line[kept + i] = input[i]!;
    const made = this.#up > 1 ? this.#rise(count, out) : this.#fall(count, out);
    line.copyWithin(0, count, count + kept);
    return made;
  }

  #rise(count: number, out: Int16Array): number {
    const line = this.#line;
    const rows = this.#rows;
    const taps = this.#taps;
    const up = this.#up;
    for (let i = 0; i < count; i++) {
      for (let phase = 0; phase < up; phase++) {
        let sum = 0;
        const row = phase * taps;
        for (let tap = 0; tap < taps; tap++) sum += line[i + tap]! * rows[row + tap]!;
        out[i * up + phase] = round16(sum);
      }
    }
    return count * up;
  }

  #fall(count: number, out: Int16Array): number {
    const line = this.#line;
    const rows = this.#rows;
    const taps = this.#taps;
    const half = taps >> 1;
    const made = Math.floor(count / this.#down);
    for (let i = 0; i < made; i++) {
      const first = i * this.#down;
      // The filter mirrors itself around its middle tap, so pairs share a product.
      let sum = line[first + half - 1]! * rows[half - 1]!;
      for (let tap = 0; tap < half - 1; tap++) sum += (line[first + tap]! + line[first + taps - 2 - tap]!) * rows[tap]!;
      sum += line[first + taps - 1]! * rows[taps - 1]!;
      out[i] = round16(sum);
    }
    return made;
  }
}

function round16(value: number): number {
  return value > 32_767 ? 32_767 : value < -32_768 ? -32_768 : Math.round(value);
}
