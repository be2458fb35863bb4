/** Plain samples of 16 bits, the high byte first (RFC 3551 §4.5.11), mono. Its rate is its RTP clock. */
import type { Codec, Decoder, Encoder } from "./codec.ts";

const decoder: Decoder = {
  decode(bytes, offset, size, out) {
    const samples = Math.max(0, Math.min(size >> 1, out.length, (bytes.length - offset) >> 1));
    for (let i = 0; i < samples; i++) out[i] = (bytes[offset + 2 * i]! << 8) | bytes[offset + 2 * i + 1]!;
    return samples;
  },
};

const encoder: Encoder = {
  encode(pcm, offset, out) {
    const samples = Math.max(0, Math.min(pcm.length, (out.length - offset) >> 1));
    for (let i = 0; i < samples; i++) {
      const sample = pcm[i]!;
      out[offset + 2 * i] = sample >> 8;
      out[offset + 2 * i + 1] = sample;
    }
    return 2 * samples;
  },
};

function l16At(rateHz: number): Codec {
  return {
    name: "L16",
    ratesHz: [rateHz],
    sampleRateHz: rateHz,
    rtpClockHz: rateHz,
    staticPayloadType: undefined,
    // What fits an Ethernet frame.
    longestPayload: 1460,
    // 40 ms at 16 kHz are 1280 bytes, 60 ms would be cut to pieces on the way.
    packetTimesMs: rateHz > 8000 ? [10, 20, 30, 40] : undefined,
    makeDecoder: () => decoder,
    makeEncoder: () => encoder,
  };
}

export const l16: Codec = l16At(16_000);
export const l16Narrow: Codec = l16At(8000);
