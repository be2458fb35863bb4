/**
 * N-1 mixing, two passes: everybody is summed once in 32 bits, then each member gets the sum minus itself, clipped once.
 * Functions that write take `out` last, never allocate, never throw.
 */

/** out += frame. Int32: tens of thousands of parties cannot overflow it. */
export function addInto(frame: Int16Array, out: Int32Array): void {
  const samples = Math.min(frame.length, out.length);
  for (let i = 0; i < samples; i++) out[i] = out[i]! + frame[i]!;
}

/** out = clip(sum - own). */
export function subtractClipped(sum: Int32Array, own: Int16Array, out: Int16Array): void {
  const samples = Math.min(sum.length, own.length, out.length);
  for (let i = 0; i < samples; i++) out[i] = clip16(sum[i]! - own[i]!);
}

/** out = clip(sum). */
export function copyClipped(sum: Int32Array, out: Int16Array): void {
  const samples = Math.min(sum.length, out.length);
  for (let i = 0; i < samples; i++) out[i] = clip16(sum[i]!);
}

/** out = clip(out + frame). */
export function mixInto(frame: Int16Array, out: Int16Array): void {
  const samples = Math.min(frame.length, out.length);
  for (let i = 0; i < samples; i++) out[i] = clip16(out[i]! + frame[i]!);
}

export function clip16(sample: number): number {
  return sample > 32_767 ? 32_767 : sample < -32_768 ? -32_768 : sample;
}
