/** What an audio file is, by its first bytes: what a client calls it decides nothing. */
import type { MediaRecord } from "@voepy/store";

/** undefined: none of the formats that can be played. */
export function sniffAudio(bytes: Uint8Array): MediaRecord["format"] | undefined {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 16));
  const at = (offset: number, text: string): boolean => head.toString("latin1", offset, offset + text.length) === text;
  if (at(0, "RIFF") && at(8, "WAVE")) return "wav";
  if (at(0, "OggS")) return "ogg";
  if (at(0, "fLaC")) return "flac";
  if (at(4, "ftyp")) return "m4a";
  if (at(0, "ID3") || isMpegFrame(head)) return "mp3";
  return undefined;
}

/** ISO 11172-3 §2.4.1.3: eleven set bits, then version, layer, bit rate and sampling rate, none of them reserved. */
function isMpegFrame(head: Buffer): boolean {
  if (head.length < 4) return false;
  const word = head.readUInt32BE(0);
  const version = (word >>> 19) & 3;
  const layer = (word >>> 17) & 3;
  return (
    word >>> 21 === 0x7ff && version !== 1 && layer !== 0 && ((word >>> 12) & 15) !== 15 && ((word >>> 10) & 3) !== 3
  );
}
