/**
 * The quadrature mirror filter of ITU-T G.722 (§3.1, §4.4): 16 kHz to two sub-bands at 8 kHz and back, 24 taps. Its two
 * halves mirror each other, so twelve coefficients tell all.
 */
const HALF = [3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11];
const FORWARD = Int32Array.from(HALF);
const BACKWARD = Int32Array.from(HALF.toReversed());
const TAPS = HALF.length;
const HISTORY = TAPS - 1;

/** Pairs of samples worked on at a time. */
export const QMF_BLOCK = 160;

function clip(value: number): number {
  return value > 32_767 ? 32_767 : value < -32_768 ? -32_768 : value;
}

/** Splits. The sub-bands have half the amplitude of the input. */
export class QmfAnalysis {
  /** The last result. */
  readonly low = new Int32Array(QMF_BLOCK);
  readonly high = new Int32Array(QMF_BLOCK);
  readonly #even = new Int32Array(HISTORY + QMF_BLOCK);
  readonly #odd = new Int32Array(HISTORY + QMF_BLOCK);

  /** `pairs` (up to QMF_BLOCK) pairs of samples of `pcm` from `offset`. */
  split(pcm: Int16Array, offset: number, pairs: number): void {
    const even = this.#even;
    const odd = this.#odd;
    for (let i = 0; i < pairs; i++) {
      even[HISTORY + i] = pcm[offset + 2 * i]!;
      odd[HISTORY + i] = pcm[offset + 2 * i + 1]!;
    }
    for (let i = 0; i < pairs; i++) {
      let first = 0;
      let second = 0;
      for (let tap = 0; tap < TAPS; tap++) {
        first += even[i + tap]! * FORWARD[tap]!;
        second += odd[i + tap]! * BACKWARD[tap]!;
      }
      this.low[i] = (second + first) >> 14;
      this.high[i] = (second - first) >> 14;
    }
    even.copyWithin(0, pairs, pairs + HISTORY);
    odd.copyWithin(0, pairs, pairs + HISTORY);
  }
}

/** Joins. */
export class QmfSynthesis {
  /** Input of the next `join`. */
  readonly low = new Int32Array(QMF_BLOCK);
  readonly high = new Int32Array(QMF_BLOCK);
  readonly #sums = new Int32Array(HISTORY + QMF_BLOCK);
  readonly #differences = new Int32Array(HISTORY + QMF_BLOCK);

  /** Writes `pairs` (up to QMF_BLOCK) pairs of samples to `out` from `offset`. */
  join(pairs: number, offset: number, out: Int16Array): void {
    const sums = this.#sums;
    const differences = this.#differences;
    for (let i = 0; i < pairs; i++) {
      sums[HISTORY + i] = this.low[i]! + this.high[i]!;
      differences[HISTORY + i] = this.low[i]! - this.high[i]!;
    }
    for (let i = 0; i < pairs; i++) {
      let first = 0;
      let second = 0;
      for (let tap = 0; tap < TAPS; tap++) {
        first += differences[i + tap]! * BACKWARD[tap]!;
        second += sums[i + tap]! * FORWARD[tap]!;
      }
      out[offset + 2 * i] = clip(first >> 11);
      out[offset + 2 * i + 1] = clip(second >> 11);
    }
    sums.copyWithin(0, pairs, pairs + HISTORY);
    differences.copyWithin(0, pairs, pairs + HISTORY);
  }
}
