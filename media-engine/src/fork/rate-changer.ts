/** Whole numbers through the resampler: a running stream of 16-bit samples from one rate to another. */
import { clip16 } from "../dsp/mix.ts";
import { Resampler } from "../dsp/resample.ts";

/** A little more than half the resampler's filter: 24 samples of the lower rate. */
const HELD_BACK = 26;

export class RateChanger {
  readonly fromHz: number;
  readonly toHz: number;
  readonly #resampler: Resampler;
  #input = new Float32Array(0);
  #output = new Float32Array(0);
  #pcm = new Int16Array(0);

  constructor(fromHz: number, toHz: number) {
    this.fromHz = fromHz;
    this.toHz = toHz;
    this.#resampler = new Resampler(fromHz, toHz);
  }

  /** How many samples of output come later than their input. */
  get delaySamples(): number {
    return Math.ceil((HELD_BACK * this.toHz) / Math.min(this.fromHz, this.toHz));
  }

  /** What the first `count` of `pcm` make; good until the next call. */
  change(pcm: Int16Array, count: number): Int16Array {
    if (this.#input.length < count) {
      this.#input = new Float32Array(count);
      this.#output = new Float32Array(this.#resampler.outputLength(count));
      this.#pcm = new Int16Array(this.#output.length);
    }
    for (let i = 0; i < count; i++) this.#input[i] = pcm[i]!;
    const made = this.#resampler.process(this.#input, count, this.#output);
    for (let i = 0; i < made; i++) this.#pcm[i] = clip16(Math.round(this.#output[i]!));
    return this.#pcm.subarray(0, made);
  }
}
