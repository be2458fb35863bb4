/** One bin of a spectrum (Goertzel): how much of a frequency there is in a stretch of sound. */

/** Mean square of a sine of `frequencyHz` in `pcm[from .. to)`; compare with `energy` for the share of it. */
export function goertzelPower(
  pcm: Int16Array,
  frequencyHz: number,
  sampleRateHz: number,
  span: { from: number; to: number },
): number {
  const coefficient = 2 * Math.cos((2 * Math.PI * frequencyHz) / sampleRateHz);
  let before = 0;
  let last = 0;
  for (let i = span.from; i < span.to; i++) {
    const now = pcm[i]! + coefficient * last - before;
    before = last;
    last = now;
  }
  const count = span.to - span.from;
  const squared = last * last + before * before - coefficient * last * before;
  return count === 0 ? 0 : (2 * squared) / (count * count);
}
