/** Filters for changes of rate: a sinc under a Kaiser window. */

/**
 * `phases` rows of `taps`. Row p is the sinc shifted by p / phases of an input sample and adds up to one, so that the level
 * stays. `cutoff`: share of the input's bandwidth let through; `beta`: Kaiser's, 5.65 for 60 dB and 7.86 for 80 dB.
 */
export function makeSincRows(
  { phases, taps }: { phases: number; taps: number },
  { cutoff, beta }: { cutoff: number; beta: number },
): Float32Array {
  const filter = new Float32Array(phases * taps);
  const half = taps / 2;
  for (let phase = 0; phase < phases; phase++) {
    const row = phase * taps;
    let sum = 0;
    for (let tap = 0; tap < taps; tap++) {
      const distance = tap - (half - 1) - phase / phases;
      const value = sinc(distance * cutoff) * kaiser(distance / half, beta);
      filter[row + tap] = value;
      sum += value;
    }
    for (let tap = 0; tap < taps; tap++) filter[row + tap] = filter[row + tap]! / sum;
  }
  return filter;
}

function sinc(x: number): number {
  return Math.abs(x) < 1e-9 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** The Kaiser window at `x` of -1 to 1. */
function kaiser(x: number, beta: number): number {
  return Math.abs(x) >= 1 ? 0 : bessel(beta * Math.sqrt(1 - x * x)) / bessel(beta);
}

/** The modified Bessel function of the first kind, order 0, by its series. */
function bessel(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > sum * 1e-12; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}
