/**
 * A-law, ITU-T G.711: eight segments of sixteen steps over 13 bits, even bits inverted on the wire.
 *
 *     7     6 5 4     3 2 1 0
 *   sign   segment     step        XOR 0x55; sign bit set for positive
 */
import type { Codec } from "./codec.ts";
import { type DecodeTable, g711Decoder, g711Encoder, makeEncodeTable } from "./g711.ts";

/** The code of the smallest positive value, which stands for silence. */
export const PCMA_SILENCE = 0xd5;

const EVEN_BITS = 0x55;

function decodeOne(code: number): number {
  const bits = code ^ EVEN_BITS;
  const segment = (bits >> 4) & 7;
  const step = ((bits & 15) << 4) + 8;
  const magnitude = segment === 0 ? step : (step + 0x100) << (segment - 1);
  return bits & 0x80 ? magnitude : -magnitude;
}

function encodeOne(sample: number): number {
  // 13 bits in the upper part of 16; negative values count from -1, so that the two halves mirror each other.
  const magnitude = (sample < 0 ? ~sample : sample) >> 4;
  const segment = magnitude < 16 ? 0 : 31 - Math.clz32(magnitude) - 3;
  const step = segment === 0 ? magnitude : (magnitude >> (segment - 1)) & 15;
  return ((sample < 0 ? 0 : 0x80) | (segment << 4) | step) ^ EVEN_BITS;
}

export const PCMA_TO_PCM: DecodeTable = Int16Array.from({ length: 256 }, (_, code) => decodeOne(code));
const PCM_TO_PCMA = makeEncodeTable(encodeOne);

export const pcma: Codec = {
  name: "PCMA",
  ratesHz: [8000],
  sampleRateHz: 8000,
  rtpClockHz: 8000,
  staticPayloadType: 8,
  longestPayload: 960,
  makeDecoder: () => g711Decoder(PCMA_TO_PCM),
  makeEncoder: () => g711Encoder(PCM_TO_PCMA),
};
