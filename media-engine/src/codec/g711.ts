/**
 * What the two laws of ITU-T G.711 share: a decoder and an encoder by table. PCM is 16 bits, so µ-law's 14 and A-law's
 * 13 bits stand in its upper part.
 */
import type { Decoder, Encoder } from "./codec.ts";

/** One entry a code. */
export type DecodeTable = Int16Array;
/** One entry for each PCM value shifted right by two: 14 bits tell all decision values of both laws apart. */
export type EncodeTable = Uint8Array;

const ENCODE_SHIFT = 2;
const ENCODE_ENTRIES = 0x10000 >> ENCODE_SHIFT;

/** `encodeOne` maps a 16-bit sample to its code. */
export function makeEncodeTable(encodeOne: (sample: number) => number): EncodeTable {
  const table = new Uint8Array(ENCODE_ENTRIES);
  for (let i = 0; i < ENCODE_ENTRIES; i++) {
    const sample = ((i << ENCODE_SHIFT) << 16) >> 16;
    table[i] = encodeOne(sample);
  }
  return table;
}

export function g711Decoder(table: DecodeTable): Decoder {
  return {
    decode(bytes, offset, size, out) {
      const samples = Math.max(0, Math.min(size, out.length, bytes.length - offset));
      for (let i = 0; i < samples; i++) out[i] = table[bytes[offset + i]!]!;
      return samples;
    },
  };
}

export function g711Encoder(table: EncodeTable): Encoder {
  return {
    encode(pcm, offset, out) {
      const samples = Math.max(0, Math.min(pcm.length, out.length - offset));
      for (let i = 0; i < samples; i++) out[offset + i] = table[(pcm[i]! & 0xffff) >>> ENCODE_SHIFT]!;
      return samples;
    },
  };
}
