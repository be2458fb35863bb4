/**
 * What a codec is here: a name, its clocks, and makers of decoders and encoders that keep the state of one direction
 * of one leg. Adding a codec is one file and one line in `makeCodecs`.
 */
import { loadLibopus } from "../io/libopus.ts";
import type { MediaCodecName } from "../types.ts";
import { g722 } from "./g722.ts";
import { l16, l16Narrow } from "./l16.ts";
import { makeOpus } from "./opus.ts";
import { pcma } from "./pcma.ts";
import { pcmu } from "./pcmu.ts";

export interface Decoder {
  /**
   * Decodes `size` bytes of `bytes` from `offset` to the start of `out`, as much as fits.
   * Returns samples written. Never allocates, never throws.
   */
  decode(bytes: Uint8Array, offset: number, size: number, out: Int16Array): number;
  /** From now on samples have this rate, one of the codec's `ratesHz`; the sound goes on. May allocate. */
  setRate?(rateHz: number): void;
  /**
   * Of codecs that know better than a repeated pitch period what was lost: writes at least `samples` (a few more where the
   * codec works in steps) to the start of `out`. `size` bytes of `bytes` from `offset` are the packet after the gap,
   * which may tell of it; 0: none has come yet. Returns samples written. Never allocates, never throws.
   */
  conceal?(bytes: Uint8Array, offset: number, size: number, gap: { samples: number; out: Int16Array }): number;
}

export interface Encoder {
  /**
   * Encodes all of `pcm` to `out` from `offset`, as much as fits. Returns bytes written. Never allocates, never throws.
   */
  encode(pcm: Int16Array, offset: number, out: Uint8Array): number;
  /** As a decoder's. */
  setRate?(rateHz: number): void;
}

export interface CodecOptions {
  /** One of `ratesHz`; default: `sampleRateHz`. */
  readonly rateHz?: number | undefined;
  /** Of the far end: what it wishes to get. */
  readonly fmtp?: string | undefined;
}

export interface Codec {
  readonly name: MediaCodecName;
  /** Rates of PCM it decodes to and encodes from by itself, the highest first. */
  readonly ratesHz: readonly number[];
  /** The highest of them: nothing of the sound is lost. */
  readonly sampleRateHz: number;
  /** Rate of the RTP timestamp: for G722 and Opus not the sample rate (RFC 3551 §4.5.2, RFC 7587 §4.1). */
  readonly rtpClockHz: number;
  /** RFC 3551 table 4, undefined for dynamic ones. */
  readonly staticPayloadType: number | undefined;
  /** Bytes of the longest packet that is taken. */
  readonly longestPayload: number;
  /** Packet times it can be cut to, ms, rising; undefined: any. */
  readonly packetTimesMs?: readonly number[] | undefined;
  makeDecoder(options?: CodecOptions): Decoder;
  makeEncoder(options?: CodecOptions): Encoder;
}

let codecs: readonly Codec[] | undefined;

/** What this machine can code, in the same order in every thread: a place in the list stands for a codec in shared memory. */
export function allCodecs(): readonly Codec[] {
  codecs ??= makeCodecs();
  return codecs;
}

function makeCodecs(): readonly Codec[] {
  const libopus = loadLibopus();
  return [pcmu, pcma, g722, l16, l16Narrow, ...(libopus === undefined ? [] : [makeOpus(libopus)])];
}

/** `rtpClockHz` tells codecs of one name apart. Undefined for what this machine cannot code. */
export function findCodec(name: MediaCodecName, rtpClockHz?: number): Codec | undefined {
  const named = allCodecs().filter((codec) => codec.name === name);
  return named.find((codec) => codec.rtpClockHz === rtpClockHz) ?? named[0];
}

/** The codecs this machine knows, the one of least work first: what relays, then what is transcoded in the least time. */
export function mediaCodecs(): readonly MediaCodecName[] {
  return [...new Set(allCodecs().map(({ name }) => name))];
}
