/** What the payload numbers of one `m=` stand for: rtpmap, fmtp, and the static numbers that need neither. */
import { parseUint } from "../message/chars.ts";
import type { NegotiatedAudio } from "./audio.ts";
import { CODECS, type CodecText } from "./codecs.ts";
import { type MediaSection, payloadType } from "./parse.ts";

export interface Format {
  readonly payloadType: number;
  /** One of ours; undefined for telephone-event and codecs we cannot do. */
  readonly codec: CodecText | undefined;
  readonly isTelephoneEvent: boolean;
  readonly clockRateHz: number;
  /** "" for none. */
  readonly fmtp: string;
}

/** In the order of the `m=` line, which is the peer's preference. */
export function formatsOf(section: MediaSection): Format[] {
  const maps = byPayloadType(section, "rtpmap");
  const fmtps = byPayloadType(section, "fmtp");
  const formats: Format[] = [];
  for (const text of section.formats) {
    const number = payloadType(text);
    if (number === undefined) continue;
    const map = maps.get(number);
    const described = map === undefined ? staticFormat(number) : mappedFormat(map);
    if (described !== undefined) formats.push({ ...described, payloadType: number, fmtp: fmtps.get(number) ?? "" });
  }
  return formats;
}

type Described = Pick<Format, "codec" | "isTelephoneEvent" | "clockRateHz">;

function staticFormat(number: number): Described | undefined {
  const codec = CODECS.find((each) => each.staticPayloadType === number);
  return codec && { codec, isTelephoneEvent: false, clockRateHz: codec.clockRateHz };
}

/** `PCMU/8000`, `opus/48000/2`; what stands after a blank is not part of it. */
function mappedFormat(map: string): Described | undefined {
  const [encoding = "", clockText = "", channelsText = "1"] = (map.trim().split(" ")[0] ?? "").split("/");
  const clockRateHz = parseUint(clockText, 1_000_000);
  const channels = parseUint(channelsText, 255);
  if (clockRateHz === undefined || channels === undefined) return undefined;
  const name = encoding.toLowerCase();
  const codec = CODECS.find(
    (each) => each.encoding.toLowerCase() === name && each.clockRateHz === clockRateHz && each.channels === channels,
  );
  return { codec, isTelephoneEvent: name === "telephone-event", clockRateHz };
}

/** Values of `a=<name>:<payload type> <value>`; lines of another shape are skipped, of doubles the first counts. */
function byPayloadType(section: MediaSection, name: string): Map<number, string> {
  const values = new Map<number, string>();
  for (const attribute of section.attributes) {
    if (attribute.name !== name) continue;
    const text = attribute.value.trim();
    const space = text.indexOf(" ");
    const number = space === -1 ? undefined : payloadType(text.slice(0, space));
    if (number !== undefined && !values.has(number)) values.set(number, text.slice(space + 1).trim());
  }
  return values;
}

/**
 * The telephone-event that goes with a codec: of its clock, as RFC 4733 §2.1 asks, else of 8000 Hz, which some
 * offer beside a wide-band codec only. A clock of neither kind names something else.
 */
export function telephoneEventFor(formats: readonly Format[], codec: CodecText): Format | undefined {
  const events = formats.filter((format) => format.isTelephoneEvent);
  return (
    events.find((event) => event.clockRateHz === codec.clockRateHz) ??
    events.find((event) => event.clockRateHz === 8_000)
  );
}

/** What we offered and they took besides `chosen`, by our numbers. */
export function othersOf(
  mine: readonly Format[],
  theirs: readonly Format[],
  chosen: CodecText,
): NegotiatedAudio["alsoReceives"] {
  const others = mine.flatMap(({ codec, payloadType }) => {
    if (codec === undefined || codec === chosen || !theirs.some((each) => each.codec === codec)) return [];
    return [{ codec: codec.name, rxPayloadType: payloadType, clockRateHz: codec.clockRateHz }];
  });
  return others.length === 0 ? undefined : others;
}
