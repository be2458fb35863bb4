/** What a far end wishes to get, from its `a=fmtp` (RFC 7587 §6.1). */
export interface OpusWishes {
  /** bit/s; undefined: any. */
  readonly maxAverageBitrate: number | undefined;
  readonly cbr: boolean;
  readonly inbandFec: boolean;
  readonly dtx: boolean;
}

/** RFC 7587 §6.1: 6 to 510 kbit/s. */
const LEAST_BITRATE = 6000;
const MOST_BITRATE = 510_000;

/** Anything that cannot be read counts as not said. */
export function readOpusFmtp(fmtp: string): OpusWishes {
  const said = new Map<string, string>();
  for (const part of fmtp.split(";")) {
    const [name = "", value = ""] = part.split("=", 2);
    said.set(name.trim().toLowerCase(), value.trim());
  }
  const bitrate = Number(said.get("maxaveragebitrate"));
  return {
    maxAverageBitrate: bitrate > 0 ? Math.min(MOST_BITRATE, Math.max(LEAST_BITRATE, bitrate)) : undefined,
    cbr: said.get("cbr") === "1",
    inbandFec: said.get("useinbandfec") === "1",
    dtx: said.get("usedtx") === "1",
  };
}

/** True when a stream made for somebody else may be passed on as it is: nothing asked for makes it smaller or even. */
export function takesAnyOpus(fmtp: string): boolean {
  const { maxAverageBitrate, cbr } = readOpusFmtp(fmtp);
  return maxAverageBitrate === undefined && !cbr;
}
