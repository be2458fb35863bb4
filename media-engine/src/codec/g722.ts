/**
 * ITU-T G.722 at 64 kbit/s: each byte is 6 bits of the lower sub-band and, above them, 2 bits of the higher one.
 * Its RTP clock says 8000 by an old mistake (RFC 3551 §4.5.2); one byte is one tick of it.
 *
 * At 8 kHz only the lower sub-band is worked on, which is the sound up to 4 kHz: no filter, no second predictor, about a
 * quarter of the work. What is then encoded has an empty higher sub-band.
 */
import type { Codec, Decoder, Encoder } from "./codec.ts";
import { Band, makeBandTables } from "./g722-band.ts";
import { QMF_BLOCK, QmfAnalysis, QmfSynthesis } from "./g722-qmf.ts";

const WIDE_HZ = 16_000;
const NARROW_HZ = 8000;

const LOWER = makeBandTables(18_432, 8);
const HIGHER = makeBandTables(22_528, 10);

/** Quantiser output for 6 bits (§6.2.1, QQ6), for their upper 4 (QQ4), and of the higher sub-band's 2 (QQ2). */
const LEVELS_6 = Int32Array.from([
  -136, -136, -136, -136, -24808, -21904, -19008, -16704, -14984, -13512, -12280, -11192, -10232, -9360, -8576, -7856,
  -7192, -6576, -6000, -5456, -4944, -4464, -4008, -3576, -3168, -2776, -2400, -2032, -1688, -1360, -1040, -728, 24808,
  21904, 19008, 16704, 14984, 13512, 12280, 11192, 10232, 9360, 8576, 7856, 7192, 6576, 6000, 5456, 4944, 4464, 4008,
  3576, 3168, 2776, 2400, 2032, 1688, 1360, 1040, 728, 432, 136, -432, -136,
]);
const LEVELS_4 = Int32Array.from([
  0, -20456, -12896, -8968, -6288, -4240, -2584, -1200, 20456, 12896, 8968, 6288, 4240, 2584, 1200, 0,
]);
const LEVELS_2 = Int32Array.from([-7408, -1616, 7408, 1616]);
/** Growth of the step's logarithm, by code (WL over RL42, WH over RH2). */
const GROWTH_4 = Int32Array.from([-60, 3042, 1198, 538, 334, 172, 58, -30, 3042, 1198, 538, 334, 172, 58, -30, -60]);
const GROWTH_2 = Int32Array.from([798, -214, 798, -214]);
/** Decision values of the lower sub-band's quantiser (Q6): interval k lies from entry k to entry k + 1. */
const DECISIONS_6 = Int32Array.from([
  0, 35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714, 786, 858, 940, 1023, 1121, 1219, 1339,
  1458, 1612, 1765, 1980, 2195, 2557, 2919,
]);
const INTERVALS_6 = DECISIONS_6.length;
const HIGHEST_6 = 2919;
/** The interval of a magnitude by the highest decision value that is not above it. */
const INTERVAL_6 = Uint8Array.from({ length: HIGHEST_6 + 1 }, (_, value) =>
  DECISIONS_6.findLastIndex((decision) => decision <= value),
);
/** Codes of the intervals, for differences below zero and others (§6.2.1, table 17). */
const NEGATIVE_6 = Int32Array.from({ length: INTERVALS_6 }, (_, k) => (k < 2 ? 63 - k : 33 - k));
const POSITIVE_6 = Int32Array.from({ length: INTERVALS_6 }, (_, k) => 61 - k);
const DECISION_2 = 564;
/** The smallest difference of the higher sub-band: it says that there is nothing. */
const EMPTY_HIGHER = 0xc0;

/** The sub-bands have 15 bits. */
function limit15(value: number): number {
  return value > 16_383 ? 16_383 : value < -16_384 ? -16_384 : value;
}

function decodeLower(code: number, band: Band): number {
  const { step } = band;
  const value = limit15(band.predicted + ((step * LEVELS_6[code]!) >> 15));
  const coarse = code >> 2;
  band.adapt((step * LEVELS_4[coarse]!) >> 15, GROWTH_4[coarse]!);
  return value;
}

function decodeHigher(code: number, band: Band): number {
  const difference = (band.step * LEVELS_2[code]!) >> 15;
  const value = limit15(band.predicted + difference);
  band.adapt(difference, GROWTH_2[code]!);
  return value;
}

function encodeLower(value: number, band: Band): number {
  const { step } = band;
  const difference = value - band.predicted;
  const magnitude = difference < 0 ? ~difference : difference;
  // magnitude >= (decision * step) >> 12, solved for the decision: one division and a look, no search.
  const highest = ((magnitude << 12) + 4095) / step;
  const interval = INTERVAL_6[highest > HIGHEST_6 ? HIGHEST_6 : highest | 0]!;
  const code = difference < 0 ? NEGATIVE_6[interval]! : POSITIVE_6[interval]!;
  const coarse = code >> 2;
  band.adapt((step * LEVELS_4[coarse]!) >> 15, GROWTH_4[coarse]!);
  return code;
}

function encodeHigher(value: number, band: Band): number {
  const difference = value - band.predicted;
  const magnitude = difference < 0 ? ~difference : difference;
  const isLarge = magnitude >= (DECISION_2 * band.step) >> 12;
  const code = difference < 0 ? (isLarge ? 0 : 1) : isLarge ? 2 : 3;
  band.adapt((band.step * LEVELS_2[code]!) >> 15, GROWTH_2[code]!);
  return code;
}

class G722Decoder implements Decoder {
  readonly #lower = new Band(LOWER);
  readonly #higher = new Band(HIGHER);
  #qmf: QmfSynthesis | undefined;

  constructor(rateHz: number) {
    this.setRate(rateHz);
  }

  setRate(rateHz: number): void {
    if (rateHz === WIDE_HZ && this.#qmf === undefined) {
      this.#qmf = new QmfSynthesis();
      // It did not follow while nobody listened to it.
      this.#higher.reset();
    } else if (rateHz === NARROW_HZ) this.#qmf = undefined;
  }

  decode(bytes: Uint8Array, offset: number, size: number, out: Int16Array): number {
    const here = Math.max(0, Math.min(size, bytes.length - offset));
    return this.#qmf === undefined
      ? this.#decodeNarrow(bytes, offset, Math.min(here, out.length), out)
      : this.#decodeWide(this.#qmf, bytes, { offset, size: Math.min(here, out.length >> 1) }, out);
  }

  #decodeNarrow(bytes: Uint8Array, offset: number, samples: number, out: Int16Array): number {
    const lower = this.#lower;
    for (let i = 0; i < samples; i++) out[i] = decodeLower(bytes[offset + i]! & 63, lower) * 2;
    return samples;
  }

  #decodeWide(
    qmf: QmfSynthesis,
    bytes: Uint8Array,
    { offset, size }: { offset: number; size: number },
    out: Int16Array,
  ): number {
    const lower = this.#lower;
    const higher = this.#higher;
    const { low, high } = qmf;
    for (let from = 0; from < size; from += QMF_BLOCK) {
      const count = Math.min(QMF_BLOCK, size - from);
      for (let i = 0; i < count; i++) {
        const code = bytes[offset + from + i]!;
        low[i] = decodeLower(code & 63, lower);
        high[i] = decodeHigher(code >> 6, higher);
      }
      qmf.join(count, 2 * from, out);
    }
    return 2 * size;
  }
}

class G722Encoder implements Encoder {
  readonly #lower = new Band(LOWER);
  readonly #higher = new Band(HIGHER);
  #qmf: QmfAnalysis | undefined;

  constructor(rateHz: number) {
    this.setRate(rateHz);
  }

  setRate(rateHz: number): void {
    if (rateHz === WIDE_HZ) this.#qmf ??= new QmfAnalysis();
    else {
      this.#qmf = undefined;
      // With nothing to predict the far end's predictor runs empty, and so does ours.
      this.#higher.reset();
    }
  }

  encode(pcm: Int16Array, offset: number, out: Uint8Array): number {
    const room = Math.max(0, out.length - offset);
    return this.#qmf === undefined
      ? this.#encodeNarrow(pcm, offset, Math.min(room, pcm.length), out)
      : this.#encodeWide(this.#qmf, pcm, { offset, size: Math.min(room, pcm.length >> 1) }, out);
  }

  #encodeNarrow(pcm: Int16Array, offset: number, size: number, out: Uint8Array): number {
    const lower = this.#lower;
    for (let i = 0; i < size; i++) out[offset + i] = EMPTY_HIGHER | encodeLower(pcm[i]! >> 1, lower);
    return size;
  }

  #encodeWide(
    qmf: QmfAnalysis,
    pcm: Int16Array,
    { offset, size }: { offset: number; size: number },
    out: Uint8Array,
  ): number {
    const lower = this.#lower;
    const higher = this.#higher;
    const { low, high } = qmf;
    for (let from = 0; from < size; from += QMF_BLOCK) {
      const count = Math.min(QMF_BLOCK, size - from);
      qmf.split(pcm, 2 * from, count);
      for (let i = 0; i < count; i++)
        out[offset + from + i] = encodeLower(low[i]!, lower) | (encodeHigher(high[i]!, higher) << 6);
    }
    return size;
  }
}

export const g722: Codec = {
  name: "G722",
  ratesHz: [WIDE_HZ, NARROW_HZ],
  sampleRateHz: WIDE_HZ,
  rtpClockHz: 8000,
  staticPayloadType: 9,
  longestPayload: 960,
  makeDecoder: ({ rateHz = WIDE_HZ } = {}) => new G722Decoder(rateHz),
  makeEncoder: ({ rateHz = WIDE_HZ } = {}) => new G722Encoder(rateHz),
};
