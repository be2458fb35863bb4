import { randomFillSync } from "node:crypto";

/** Randomness is handed in like time, so that a scenario replays byte for byte. */
export interface Random {
  /** Fills and returns `out`. */
  fill(out: Uint8Array): Uint8Array;
}

export const systemRandom: Random = { fill: (out) => randomFillSync(out) };

/** `bytes` random bytes as lower-case hexadecimal, two characters a byte. */
export function randomHex(random: Random, bytes: number): string {
  return Buffer.from(random.fill(new Uint8Array(bytes)).buffer).toString("hex");
}

/** A whole number 0..2^32-1. */
export function randomUint32(random: Random): number {
  const bytes = random.fill(new Uint8Array(4));
  return new DataView(bytes.buffer).getUint32(0);
}

/** xoshiro128** from a seed: for tests and the network emulator, never for secrets. */
export function seededRandom(seed: number): Random {
  // splitmix32 spreads the seed over the four state words.
  let mix = seed >>> 0;
  const next = (): number => {
    mix = (mix + 0x9e3779b9) >>> 0;
    let z = mix;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
  let [a, b, c, d] = [next(), next(), next(), next()];
  const rotate = (x: number, by: number): number => ((x << by) | (x >>> (32 - by))) >>> 0;
  const uint32 = (): number => {
    const out = Math.imul(rotate(Math.imul(b, 5) >>> 0, 7), 9) >>> 0;
    const t = (b << 9) >>> 0;
    c = (c ^ a) >>> 0;
    d = (d ^ b) >>> 0;
    b = (b ^ c) >>> 0;
    a = (a ^ d) >>> 0;
    c = (c ^ t) >>> 0;
    d = rotate(d, 11);
    return out;
  };
  return {
    fill(out) {
      for (let i = 0; i < out.length; i++) out[i] = uint32() >>> 24;
      return out;
    },
  };
}
