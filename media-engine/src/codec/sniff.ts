/** What a file is, by its first bytes and nothing else: names and content types are a stranger's word. */

/** ffmpeg's names of the demuxers that strangers' files may be given to. */
export type Container = "wav" | "mp3" | "ogg" | "flac" | "mov";

/** Undefined for everything else: playlists, scripts, films in other boxes. */
export function sniffContainer(bytes: Uint8Array): Container | undefined {
  const word = (at: number): string => String.fromCharCode(...bytes.subarray(at, at + 4));
  if (word(0) === "RIFF" && word(8) === "WAVE") return "wav";
  if (word(0) === "OggS") return "ogg";
  if (word(0) === "fLaC") return "flac";
  if (word(4) === "ftyp") return "mov";
  if (word(0).startsWith("ID3")) return "mp3";
  // MPEG audio frame: eleven bits set, then a version, a layer and a bitrate that exist (ISO 11172-3 §2.4.1.3).
  const [first = 0, second = 0, third = 0] = bytes;
  const isFrame = first === 0xff && (second & 0xe0) === 0xe0 && (second & 0x18) !== 0x08 && (second & 0x06) !== 0;
  return isFrame && third >> 4 !== 0 && third >> 4 !== 15 ? "mp3" : undefined;
}
