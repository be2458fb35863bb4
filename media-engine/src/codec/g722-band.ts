/**
 * One sub-band of ITU-T G.722: adaptive differential PCM at 8 kHz, the same in encoder and decoder. Names in brackets are
 * the recommendation's blocks (§6.2). All arithmetic is 16 bits with saturation as written there, so results are bit exact.
 */

/** Table of inverse logarithms (§6.2.1.4, ILB), 32 steps an octave. */
const INVERSE_LOG = [
  2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834, 2896, 2960, 3025,
  3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008,
];

/** What tells the lower sub-band (6 bits) from the higher one (2 bits). */
export interface BandTables {
  /** Step size at index `logarithm >> 6` (SCALEL, SCALEH). */
  readonly steps: Int32Array;
  readonly longestLog: number;
}

/** `longestLog`: upper limit of the logarithm; `shift`: 8 for the lower, 10 for the higher sub-band. */
export function makeBandTables(longestLog: number, shift: number): BandTables {
  const steps = Int32Array.from({ length: (longestLog >> 6) + 1 }, (_, index) => {
    const right = shift - (index >> 5);
    const value = INVERSE_LOG[index & 31]!;
    return (right < 0 ? value << -right : value >> right) << 2;
  });
  return { steps, longestLog };
}

const ZEROS = 6;

function saturate(value: number): number {
  return value > 32_767 ? 32_767 : value < -32_768 ? -32_768 : value;
}

export class Band {
  /** What is predicted for the next sample (PREDIC). */
  predicted = 0;
  /** The quantiser's step (DETL, DETH). */
  step: number;
  readonly #tables: BandTables;
  #logarithm = 0;
  /** Prediction by the zero section alone (FILTEZ). */
  #byZeros = 0;
  #pole1 = 0;
  #pole2 = 0;
  /** Reconstructed and partially reconstructed samples before this one. */
  #reconstructed = 0;
  #partial1 = 0;
  #partial2 = 0;
  readonly #zeros = new Int32Array(ZEROS);
  /** Quantised differences, the newest first, doubled and saturated as FILTEZ wants them. */
  readonly #differences = new Int32Array(ZEROS);

  constructor(tables: BandTables) {
    this.#tables = tables;
    this.step = tables.steps[0]!;
  }

  reset(): void {
    this.predicted = 0;
    this.step = this.#tables.steps[0]!;
    this.#logarithm = 0;
    this.#byZeros = 0;
    this.#pole1 = 0;
    this.#pole2 = 0;
    this.#reconstructed = 0;
    this.#partial1 = 0;
    this.#partial2 = 0;
    this.#zeros.fill(0);
    this.#differences.fill(0);
  }

  /**
   * Takes the quantised difference of one sample: adapts step and predictor and predicts the next one. `growth` is what
   * the code adds to the step's logarithm (LOGSCL, LOGSCH).
   */
  adapt(difference: number, growth: number): void {
    const { steps, longestLog } = this.#tables;
    const logarithm = ((this.#logarithm * 127) >> 7) + growth;
    this.#logarithm = logarithm < 0 ? 0 : logarithm > longestLog ? longestLog : logarithm;
    this.step = steps[this.#logarithm >> 6]!;

    const partial = saturate(this.#byZeros + difference);
    const reconstructed = saturate(this.predicted + difference);
    this.#adaptPoles(partial);
    const byZeros = this.#adaptZeros(difference);
    const first = (this.#pole1 * saturate(2 * reconstructed)) >> 15;
    const second = (this.#pole2 * saturate(2 * this.#reconstructed)) >> 15;
    this.#partial2 = this.#partial1;
    this.#partial1 = partial;
    this.#reconstructed = reconstructed;
    this.#byZeros = byZeros;
    this.predicted = saturate(saturate(first + second) + byZeros);
  }

  /** Both pole coefficients (UPPOL2, UPPOL1). */
  #adaptPoles(partial: number): void {
    // 0 where the signs are the same, -1 where they are not: (x ^ opposed) - opposed is then x or -x.
    const opposed1 = (partial ^ this.#partial1) >> 31;
    const opposed2 = (partial ^ this.#partial2) >> 31;
    const slope = saturate(this.#pole1 << 2);
    const turned = Math.min(32_767, (slope ^ ~opposed1) - ~opposed1);
    let pole2 = (turned >> 7) + ((128 ^ opposed2) - opposed2) + ((this.#pole2 * 32_512) >> 15);
    pole2 = pole2 > 12_288 ? 12_288 : pole2 < -12_288 ? -12_288 : pole2;
    const limit = 15_360 - pole2;
    const pole1 = (192 ^ opposed1) - opposed1 + ((this.#pole1 * 32_640) >> 15);
    this.#pole1 = pole1 > limit ? limit : pole1 < -limit ? -limit : pole1;
    this.#pole2 = pole2;
  }

  /** The zero coefficients (UPZERO), the delay line (DELAYA) and what they predict (FILTEZ). */
  #adaptZeros(difference: number): number {
    const zeros = this.#zeros;
    const differences = this.#differences;
    const move = difference === 0 ? 0 : 128;
    let newer = saturate(2 * difference);
    let sum = 0;
    for (let i = 0; i < ZEROS; i++) {
      const older = differences[i]!;
      // Up where both have one sign, else down: without a branch, since nobody can foretell which.
      const opposed = (older ^ difference) >> 31;
      const zero = ((zeros[i]! * 255) >> 8) + ((move ^ opposed) - opposed);
      zeros[i] = zero;
      differences[i] = newer;
      sum += (zero * newer) >> 15;
      newer = older;
    }
    return saturate(sum);
  }
}
