/**
 * µ-law, ITU-T G.711: eight segments of sixteen steps over 14 bits, sent inverted.
 *
 *     7     6 5 4     3 2 1 0
 *   sign   segment     step        all bits inverted on the wire
 */
import type { Codec } from "./codec.ts";
import { type DecodeTable, g711Decoder, g711Encoder, makeEncodeTable } from "./g711.ts";

/** The code of silence. */
export const PCMU_SILENCE = 0xff;

/** Moves the segment borders to powers of two, in 16-bit units. */
const BIAS = 33 << 2;
const CLIP = 32_635;

function decodeOne(code: number): number {
  const bits = ~code & 0xff;
  const magnitude = ((((bits & 15) << 3) + BIAS) << ((bits >> 4) & 7)) - BIAS;
  return bits & 0x80 ? -magnitude : magnitude;
}

function encodeOne(sample: number): number {
  // Negative values count from -1, as in ITU-T G.191: the two halves mirror each other.
  const biased = Math.min(sample < 0 ? ~sample : sample, CLIP) + BIAS;
  const segment = 31 - Math.clz32(biased) - 7;
  const step = (biased >> (segment + 3)) & 15;
  return ~((sample < 0 ? 0x80 : 0) | (segment << 4) | step) & 0xff;
}

export const PCMU_TO_PCM: DecodeTable = Int16Array.from({ length: 256 }, (_, code) => decodeOne(code));
const PCM_TO_PCMU = makeEncodeTable(encodeOne);

export const pcmu: Codec = {
  name: "PCMU",
  ratesHz: [8000],
  sampleRateHz: 8000,
  rtpClockHz: 8000,
  staticPayloadType: 0,
  longestPayload: 960,
  makeDecoder: () => g711Decoder(PCMU_TO_PCM),
  makeEncoder: () => g711Encoder(PCM_TO_PCMU),
};
