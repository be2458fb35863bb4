/**
 * What a codec is here: a name, its clocks, and makers of decoders and encoders that keep the state of one direction
 * of one leg. Adding a codec is one file and one line in `CODECS`.
 */
import type { MediaCodecName } from "../types.ts";
import { pcma } from "./pcma.ts";
import { pcmu } from "./pcmu.ts";

export interface Decoder {
  /**
   * Decodes `size` bytes of `bytes` from `offset` to the start of `out`, as much as fits.
   * Returns samples written. Never allocates, never throws.
   */
  decode(bytes: Uint8Array, offset: number, size: number, out: Int16Array): number;
}

export interface Encoder {
  /**
   * Encodes all of `pcm` to `out` from `offset`, as much as fits. Returns bytes written. Never allocates, never throws.
   */
  encode(pcm: Int16Array, offset: number, out: Uint8Array): number;
}

export interface Codec {
  readonly name: MediaCodecName;
  /** Rate of the PCM. */
  readonly sampleRateHz: number;
  /** Rate of the RTP timestamp: for G722 not the sample rate (RFC 3551 §4.5.2). */
  readonly rtpClockHz: number;
  /** RFC 3551 table 4, undefined for dynamic ones. */
  readonly staticPayloadType: number | undefined;
  makeDecoder(): Decoder;
  makeEncoder(): Encoder;
}

/** The codecs there are. A name of the protocol that is missing here cannot be played, mixed or recorded yet. */
const CODECS: Readonly<Partial<Record<MediaCodecName, Codec>>> = { PCMU: pcmu, PCMA: pcma };

/** All names; the place in this list stands for a name in shared memory. */
export const MEDIA_CODECS: readonly MediaCodecName[] = ["PCMU", "PCMA", "G722", "OPUS", "L16"];

/** Undefined for a codec without an engine. */
export function findCodec(name: MediaCodecName): Codec | undefined {
  return CODECS[name];
}
