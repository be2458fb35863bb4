/** Straight from one law of G.711 to the other, a byte for a byte, so that PCMU to PCMA needs no decoding. */

import type { Codec } from "./codec.ts";
import { PCMA_TO_PCM, pcma } from "./pcma.ts";
import { PCMU_TO_PCM, pcmu } from "./pcmu.ts";

/** Index: the PCMU code, value: the PCMA code. */
export const PCMU_TO_PCMA: Uint8Array = crossTable(PCMU_TO_PCM, pcma);
/** Index: the PCMA code, value: the PCMU code. */
export const PCMA_TO_PCMU: Uint8Array = crossTable(PCMA_TO_PCM, pcmu);

/** Rewrites `size` bytes of `bytes` from `offset` in place. Never allocates, never throws. */
export function transcodeInPlace(table: Uint8Array, offset: number, size: number, bytes: Uint8Array): void {
  const end = Math.min(offset + size, bytes.length);
  for (let i = offset; i < end; i++) bytes[i] = table[bytes[i]!]!;
}

/** Each code decoded and encoded again: bit for bit what the frames path would have made of it. */
function crossTable(toPcm: Int16Array, to: Codec): Uint8Array {
  const table = new Uint8Array(toPcm.length);
  to.makeEncoder().encode(toPcm, 0, table);
  return table;
}
