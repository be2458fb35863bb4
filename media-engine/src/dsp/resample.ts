/**
 * From one sample rate to another by a polyphase filter: a Kaiser-windowed sinc that lets through what both rates can carry
 * and keeps some 80 dB of everything else out. State runs on from call to call, so a stream may come in any pieces.
 */
import { makeSincRows } from "./sinc.ts";

/** Zero crossings of the sinc to each side, at the lower of both rates. */
const CROSSINGS = 24;
/** Kaiser's beta for 80 dB. */
const BETA = 7.86;
/** Up to this share of half the lower rate the sound is whole; at half the rate it is gone. */
const PASSBAND = 0.88;
/** Rates with a long ratio are rounded to this many phases. */
const MOST_PHASES = 1024;

export class Resampler {
  readonly #fromHz: number;
  readonly #toHz: number;
  /** Output sample n lies at input sample n * down / up. */
  readonly #up: number;
  readonly #down: number;
  readonly #phases: number;
  readonly #taps: number;
  /** One row of taps a phase. */
  readonly #filter: Float32Array;
  /** Input that is still needed, the oldest first. */
  #input: Float32Array;
  #held: number;
  /** Where in `#input` the next output's taps begin, and how much further it lies in parts of `up`. */
  #at = 0;
  #fraction = 0;

  constructor(fromHz: number, toHz: number) {
    const divisor = greatestCommonDivisor(fromHz, toHz);
    this.#fromHz = fromHz;
    this.#toHz = toHz;
    this.#up = toHz / divisor;
    this.#down = fromHz / divisor;
    this.#phases = Math.min(MOST_PHASES, this.#up);
    const narrowing = Math.min(1, toHz / fromHz);
    this.#taps = 2 * Math.ceil(CROSSINGS / narrowing);
    this.#filter = makeSincRows(
      { phases: this.#phases, taps: this.#taps },
      { cutoff: (narrowing * (1 + PASSBAND)) / 2, beta: BETA },
    );
    this.#input = new Float32Array(2 * this.#taps);
    // Silence before the beginning, so that the first output sample lies on the first input sample.
    this.#held = this.#taps / 2 - 1;
  }

  /** The most output samples that `inputLength` further input samples can make. */
  outputLength(inputLength: number): number {
    return Math.ceil(((inputLength + 1) * this.#toHz) / this.#fromHz) + 1;
  }

  /** Takes `input[0 .. length)`, writes to `out` (of `outputLength` at least). Returns samples written. */
  process(input: Float32Array, length: number, out: Float32Array): number {
    this.#append(input, length);
    let written = 0;
    while (this.#at + this.#taps <= this.#held && written < out.length) {
      out[written++] = this.#convolve();
      this.#fraction += this.#down;
      this.#at += Math.floor(this.#fraction / this.#up);
      this.#fraction %= this.#up;
    }
    const used = Math.min(this.#at, this.#held);
    this.#input.copyWithin(0, used, this.#held);
    this.#held -= used;
    this.#at -= used;
    return written;
  }

  /** After the last input: what the filter still holds back. */
  flush(out: Float32Array): number {
    const silence = new Float32Array(this.#taps / 2);
    return this.process(silence, silence.length, out);
  }

  #append(input: Float32Array, length: number): void {
    if (this.#held + length > this.#input.length) {
      const larger = new Float32Array(2 * (this.#held + length));
      larger.set(this.#input.subarray(0, this.#held));
      this.#input = larger;
    }
    for (let i = 0; i < length; i++) this.#input[this.#held + i] = input[i]!;
    this.#held += length;
  }

  #convolve(): number {
    const row = Math.floor((this.#fraction * this.#phases) / this.#up) * this.#taps;
    let sum = 0;
    for (let tap = 0; tap < this.#taps; tap++) sum += this.#input[this.#at + tap]! * this.#filter[row + tap]!;
    return sum;
  }
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
