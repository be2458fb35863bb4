/**
 * G.711 by its formulas (ITU-T G.711 §3), sample by sample: slow, plain and independent of the engine's tables,
 * so that what a test hears does not depend on what it tests.
 */
export type G711 = "PCMU" | "PCMA";

const MU_BIAS = 0x84;
const MU_CLIP = 32_635;

export function decodeG711(law: G711, payload: Uint8Array): Int16Array {
  const out = new Int16Array(payload.length);
  for (let i = 0; i < out.length; i++) out[i] = law === "PCMU" ? muToLinear(payload[i]!) : aToLinear(payload[i]!);
  return out;
}

export function encodeG711(law: G711, pcm: Int16Array): Uint8Array {
  const out = new Uint8Array(pcm.length);
  for (let i = 0; i < out.length; i++) out[i] = law === "PCMU" ? linearToMu(pcm[i]!) : linearToA(pcm[i]!);
  return out;
}

function muToLinear(byte: number): number {
  const code = ~byte & 0xff;
  const magnitude = ((((code & 0x0f) << 3) + MU_BIAS) << ((code & 0x70) >> 4)) - MU_BIAS;
  return code & 0x80 ? -magnitude : magnitude;
}

function linearToMu(sample: number): number {
  const sign = sample < 0 ? 0x80 : 0;
  const biased = Math.min(Math.abs(sample), MU_CLIP) + MU_BIAS;
  const segment = 31 - Math.clz32(biased) - 7;
  return ~(sign | (segment << 4) | ((biased >> (segment + 3)) & 0x0f)) & 0xff;
}

function aToLinear(byte: number): number {
  const code = byte ^ 0x55;
  const segment = (code & 0x70) >> 4;
  const step = (code & 0x0f) << 4;
  const magnitude = segment === 0 ? step + 8 : (step + 0x108) << (segment - 1);
  // In A-law a set sign bit means positive.
  return code & 0x80 ? magnitude : -magnitude;
}

function linearToA(sample: number): number {
  const sign = sample >= 0 ? 0x80 : 0;
  const magnitude = Math.min(sample >= 0 ? sample : -sample - 1, 32_767);
  const segment = magnitude < 256 ? 0 : 31 - Math.clz32(magnitude) - 7;
  const step = segment === 0 ? magnitude >> 4 : (magnitude >> (segment + 3)) & 0x0f;
  return (sign | (segment << 4) | step) ^ 0x55;
}
