/** Arithmetic on numbers that wrap: 16-bit sequence numbers and 32-bit timestamps (RFC 3550 §A.1, RFC 1982). */

/** How far `to` is ahead of `from`, -32768..32767. */
export function seqDistance(from: number, to: number): number {
  return ((to - from) << 16) >> 16;
}

/** How far `to` is ahead of `from`, in timestamp units, -2^31..2^31-1. */
export function timestampDistance(from: number, to: number): number {
  return (to - from) | 0;
}

/** The unwrapped number nearest to `highest` whose lower 16 bits are `seq`. */
export function unwrapSeq(highest: number, seq: number): number {
  return highest + seqDistance(highest & 0xffff, seq);
}
