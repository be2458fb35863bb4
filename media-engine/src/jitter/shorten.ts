/** Takes a pitch period out of sound so that it is over sooner and nobody hears it (overlap-add). */

/**
 * Removes `period` samples from the beginning of `pcm[0 .. samples)`: the first period fades into the second, what
 * follows moves up. Returns samples left. Never allocates, never throws.
 */
export function removePeriod(period: number, samples: number, pcm: Int16Array): number {
  if (samples < 2 * period) return samples;
  for (let i = 0; i < period; i++) {
    const weight = (i + 1) / (period + 1);
    pcm[i] = pcm[i]! * (1 - weight) + pcm[i + period]! * weight;
  }
  pcm.copyWithin(period, 2 * period, samples);
  return samples - period;
}
