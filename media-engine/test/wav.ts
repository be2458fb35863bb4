/** Makes WAV files of every kind for tests. */
import { readFileSync } from "node:fs";
import { pcma } from "../src/codec/pcma.ts";
import { pcmu } from "../src/codec/pcmu.ts";

export interface WavKind {
  /** 1 PCM, 3 float, 6 A-law, 7 µ-law. */
  readonly tag: number;
  readonly bits: number;
  readonly channels: number;
  readonly rateHz: number;
  /** WAVE_FORMAT_EXTENSIBLE, with an odd-sized chunk before the data. */
  readonly isExtensible?: boolean;
}

/** The same half-scale tone in all channels. */
export function makeWav(kind: WavKind, tone: { readonly frequencyHz: number; readonly seconds: number }): Uint8Array {
  const { tag, bits, channels, rateHz, isExtensible = false } = kind;
  const steps = rateHz * tone.seconds;
  const stepBytes = (bits / 8) * channels;
  const formatBytes = isExtensible ? 40 : 16;
  const extra = isExtensible ? 8 + 4 : 0;
  const dataAt = 20 + formatBytes + extra + 8;
  const bytes = new Uint8Array(dataAt + steps * stepBytes);
  const view = new DataView(bytes.buffer);
  const word = (at: number, text: string): void =>
    bytes.set(
      Array.from(text, (letter) => letter.charCodeAt(0)),
      at,
    );
  word(0, "RIFF");
  view.setUint32(4, bytes.length - 8, true);
  word(8, "WAVEfmt ");
  view.setUint32(16, formatBytes, true);
  view.setUint16(20, isExtensible ? 0xfffe : tag, true);
  view.setUint16(22, channels, true);
  view.setUint32(24, rateHz, true);
  view.setUint32(28, rateHz * stepBytes, true);
  view.setUint16(32, stepBytes, true);
  view.setUint16(34, bits, true);
  if (isExtensible) {
    view.setUint16(44, tag, true);
    word(60, "LIST");
    // Odd: a byte of padding follows.
    view.setUint32(64, 3, true);
  }
  word(dataAt - 8, "data");
  view.setUint32(dataAt - 4, steps * stepBytes, true);
  for (let i = 0; i < steps; i++) {
    const value = 0.5 * Math.sin((2 * Math.PI * tone.frequencyHz * i) / rateHz);
    for (let channel = 0; channel < channels; channel++)
      writeSample(view, dataAt + i * stepBytes + (channel * bits) / 8, { tag, bits, value });
  }
  return bytes;
}

function writeSample(
  view: DataView,
  at: number,
  { tag, bits, value }: { tag: number; bits: number; value: number },
): void {
  if (tag === 3 && bits === 32) view.setFloat32(at, value, true);
  else if (tag === 3) view.setFloat64(at, value, true);
  else if (tag === 6 || tag === 7) view.setUint8(at, companded(tag, value));
  else if (bits === 8) view.setUint8(at, Math.round(value * 127) + 128);
  else if (bits === 16) view.setInt16(at, Math.round(value * 32_767), true);
  else if (bits === 24) {
    const whole = Math.round(value * 0x7f_ffff);
    view.setUint16(at, whole & 0xffff, true);
    view.setInt8(at + 2, whole >> 16);
  } else view.setInt32(at, Math.round(value * 0x7fff_ffff), true);
}

const code = new Uint8Array(1);

function companded(tag: number, value: number): number {
  const codec = tag === 6 ? pcma : pcmu;
  codec.makeEncoder().encode(Int16Array.of(Math.round(value * 32_767)), 0, code);
  return code[0]!;
}

/** The channels of a WAV file of ours. */
export function readWavFile(path: string): Int16Array[] {
  const bytes = readFileSync(path);
  const channels = bytes.readUInt16LE(22);
  const steps = Math.floor((bytes.length - 44) / 2 / channels);
  return Array.from({ length: channels }, (_, channel) =>
    Int16Array.from({ length: steps }, (_step, i) => bytes.readInt16LE(44 + (i * channels + channel) * 2)),
  );
}
