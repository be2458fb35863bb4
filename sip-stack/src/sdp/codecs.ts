/** How our codecs are written in SDP: names, clocks and payload numbers (RFC 3551 §6, RFC 7587). */
import type { CodecName } from "./audio.ts";

export interface CodecText {
  readonly name: CodecName;
  /** As we write it; names compare without case (RFC 8866 §6.6). */
  readonly encoding: string;
  /** Clock of the RTP timestamp, Hz. */
  readonly clockRateHz: number;
  /** As rtpmap says; opus says 2 whatever is sent (RFC 7587 §7). */
  readonly channels: number;
  /** Needs no rtpmap (RFC 3551 §6). */
  readonly staticPayloadType: number | undefined;
  /** What our offers call it. */
  readonly offeredPayloadType: number;
  /** Our fmtp, "" for none. */
  readonly fmtp: string;
}

export const CODECS: readonly CodecText[] = [
  row("PCMU", "PCMU", { staticPayloadType: 0 }),
  row("PCMA", "PCMA", { staticPayloadType: 8 }),
  // RFC 3551 §4.5.2: sampled at 16 kHz, the clock says 8000 by an old mistake.
  row("G722", "G722", { staticPayloadType: 9 }),
  row("OPUS", "opus", { clockRateHz: 48_000, channels: 2, offeredPayloadType: 96, fmtp: "useinbandfec=1" }),
  row("L16", "L16", { clockRateHz: 16_000, offeredPayloadType: 97 }),
  row("L16", "L16", { clockRateHz: 8_000, offeredPayloadType: 98 }),
];

function row(name: CodecName, encoding: string, more: Partial<CodecText>): CodecText {
  const staticPayloadType = more.staticPayloadType;
  return {
    name,
    encoding,
    clockRateHz: more.clockRateHz ?? 8_000,
    channels: more.channels ?? 1,
    staticPayloadType,
    offeredPayloadType: more.offeredPayloadType ?? staticPayloadType ?? 0,
    fmtp: more.fmtp ?? "",
  };
}

/** All rows of a codec: L16 has one for each clock, the better sound first. */
export function codecTexts(name: CodecName): readonly CodecText[] {
  return CODECS.filter((each) => each.name === name);
}

export function codecText(name: CodecName, clockRateHz: number): CodecText {
  const found = CODECS.find((each) => each.name === name && each.clockRateHz === clockRateHz);
  if (found === undefined) throw new Error(`codec ${name}/${clockRateHz} has no row in the table of SDP names`);
  return found;
}

/** Payload numbers of telephone-event in our offers, one for each clock (RFC 4733 §2.1). */
export const TELEPHONE_EVENT_TYPES: ReadonlyMap<number, number> = new Map([
  [8_000, 101],
  [48_000, 110],
  [16_000, 111],
]);
