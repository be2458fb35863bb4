/**
 * The 44 bytes before the samples of a RIFF WAVE file of 16-bit PCM (RIFF specification 1.0, 1991), little-endian:
 *
 *    0 "RIFF"  4 file size - 8   8 "WAVE"
 *   12 "fmt " 16 16             20 1 (PCM)  22 channels  24 rate  28 bytes/s  32 bytes of all channels' samples  34 16
 *   36 "data" 40 bytes of samples
 */
export const WAV_HEADER_BYTES = 44;

const BYTES_PER_SAMPLE = 2;
const RIFF_SIZE_AT = 4;
const DATA_SIZE_AT = 40;
/** A size field cannot say more. Players then read to the end of the file. */
const LARGEST_SIZE = 0xffff_ffff;

export interface WavFormat {
  readonly sampleRateHz: number;
  readonly channels: 1 | 2;
}

/** Bytes of one sample of every channel. */
export function bytesPerStep(format: WavFormat): number {
  return format.channels * BYTES_PER_SAMPLE;
}

export function makeWavHeader(format: WavFormat, dataBytes: number): Uint8Array {
  const bytes = new Uint8Array(WAV_HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  const text = (at: number, word: string): void => {
    for (let i = 0; i < word.length; i++) bytes[at + i] = word.charCodeAt(i);
  };
  text(0, "RIFF");
  view.setUint32(RIFF_SIZE_AT, Math.min(LARGEST_SIZE, WAV_HEADER_BYTES - 8 + dataBytes), true);
  text(8, "WAVE");
  text(12, "fmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, format.channels, true);
  view.setUint32(24, format.sampleRateHz, true);
  view.setUint32(28, format.sampleRateHz * bytesPerStep(format), true);
  view.setUint16(32, bytesPerStep(format), true);
  view.setUint16(34, BYTES_PER_SAMPLE * 8, true);
  text(36, "data");
  view.setUint32(DATA_SIZE_AT, Math.min(LARGEST_SIZE, dataBytes), true);
  return bytes;
}

/** What a header made by `makeWavHeader` says; its sizes may be wrong. Undefined when it is not one. */
export function readWavHeader(bytes: Uint8Array): (WavFormat & { readonly dataBytes: number }) | undefined {
  if (bytes.length < WAV_HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const channels = view.getUint16(22, true);
  const sampleRateHz = view.getUint32(24, true);
  if ((channels !== 1 && channels !== 2) || sampleRateHz === 0) return undefined;
  const dataBytes = view.getUint32(DATA_SIZE_AT, true);
  const made = makeWavHeader({ channels, sampleRateHz }, dataBytes);
  // All but the RIFF size must be ours, letter for letter.
  for (let i = 0; i < WAV_HEADER_BYTES; i++)
    if ((i < RIFF_SIZE_AT || i >= RIFF_SIZE_AT + 4) && bytes[i] !== made[i]) return undefined;
  return { channels, sampleRateHz, dataBytes };
}
