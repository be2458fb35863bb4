/** How loud a stretch of sound is. */

/** Mean square of `pcm[from .. to)`. */
export function energy(pcm: Int16Array, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += pcm[i]! * pcm[i]!;
  return to > from ? sum / (to - from) : 0;
}
