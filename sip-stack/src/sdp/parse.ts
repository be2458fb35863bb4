/**
 * SDP text (RFC 8866) to lines that mean something here; the rest is skipped. Bounded: 64 kB, 1000 lines, 16 media
 * sections, 128 formats a section.
 */
import { isDigits, isToken, parseUint } from "../message/chars.ts";
import { isIpv4, isIpv6 } from "../message/ip.ts";
import type { Direction } from "./audio.ts";

export interface Attribute {
  readonly name: string;
  /** "" for a flag. */
  readonly value: string;
}

export interface MediaSection {
  /** `audio`, `video`, `image`, … */
  readonly media: string;
  readonly udpPort: number;
  /** As offered, case kept: an answer repeats it. */
  readonly proto: string;
  readonly formats: readonly string[];
  /** IP literal of `c=`, its own or the session's; undefined for none or one that is no unicast IP literal. */
  readonly address: string | undefined;
  readonly attributes: readonly Attribute[];
}

export interface SessionDescription {
  readonly attributes: readonly Attribute[];
  readonly media: readonly MediaSection[];
}

export type SdpResult =
  | { readonly ok: true; readonly session: SessionDescription }
  | { readonly ok: false; readonly problem: string };

const MAX_CHARS = 65_536;
const MAX_LINES = 1_000;
const MAX_MEDIA = 16;
const MAX_FORMATS = 128;

interface Section {
  media: string;
  udpPort: number;
  proto: string;
  formats: readonly string[];
  address: string | undefined;
  attributes: Attribute[];
}

interface Reader {
  problem: string | undefined;
  hasOrigin: boolean;
  address: string | undefined;
  readonly attributes: Attribute[];
  readonly media: Section[];
}

export function parseSdp(text: string): SdpResult {
  if (text.length > MAX_CHARS) return { ok: false, problem: `SDP above ${MAX_CHARS} characters` };
  const lines = text.split("\n", MAX_LINES + 1);
  if (lines.length > MAX_LINES) return { ok: false, problem: `SDP above ${MAX_LINES} lines` };
  const reader: Reader = { problem: undefined, hasOrigin: false, address: undefined, attributes: [], media: [] };
  for (const [i, raw] of lines.entries()) {
    // CRLF by the book, a bare LF in practice (RFC 8866 §5).
    const line = raw.endsWith("\r") ? raw.slice(0, -1) : raw;
    if (line === "") continue;
    if (i === 0 && line !== "v=0") return { ok: false, problem: "SDP does not start with v=0" };
    readLine(reader, line);
    if (reader.problem !== undefined) return { ok: false, problem: reader.problem };
  }
  if (!reader.hasOrigin) return { ok: false, problem: "SDP without o=" };
  const media = reader.media.map((section) => ({ ...section, address: section.address ?? reader.address }));
  return { ok: true, session: { attributes: reader.attributes, media } };
}

function readLine(reader: Reader, line: string): void {
  if (line[1] !== "=") {
    reader.problem = "SDP line is not `letter=value`";
    return;
  }
  const value = line.slice(2);
  const section = reader.media.at(-1);
  switch (line[0]) {
    case "o":
      reader.hasOrigin = true;
      if (value.split(" ").length !== 6) reader.problem = "o= has not six fields";
      return;
    case "c":
      return readConnection(reader, value, section);
    case "m":
      return readMedia(reader, value);
    case "a":
      (section ?? reader).attributes.push(attributeOf(value));
      return;
    default:
      // s= t= b= i= k= …, and letters of later RFCs: nothing of them changes what is answered.
      return;
  }
}

function attributeOf(text: string): Attribute {
  const colon = text.indexOf(":");
  return colon === -1 ? { name: text, value: "" } : { name: text.slice(0, colon), value: text.slice(colon + 1) };
}

/** A multicast `c=` (`/ttl`, `/ttl/count`) and a host name leave no address: nothing is ever sent there. */
function readConnection(reader: Reader, value: string, section: Section | undefined): void {
  const [netType, addressType, address = "", ...rest] = value.trim().split(" ");
  if (netType !== "IN" || (addressType !== "IP4" && addressType !== "IP6") || rest.length > 0) {
    reader.problem = "c= is not `IN IP4|IP6 address`";
    return;
  }
  const isLiteral = addressType === "IP4" ? isIpv4(address) && !isMulticast(address) : isUnicast6(address);
  (section ?? reader).address = isLiteral ? address : "";
}

/** 224.0.0.0/4 and the broadcast address above it. */
const isMulticast = (ipv4: string): boolean => Number.parseInt(ipv4, 10) >= 224;

const isUnicast6 = (address: string): boolean => isIpv6(address) && !address.toLowerCase().startsWith("ff");

function readMedia(reader: Reader, value: string): void {
  const [media = "", portText = "", proto = "", ...formats] = value
    .trim()
    .split(" ")
    .filter((part) => part !== "");
  // `port/count` asks for several ports, of which the first is used.
  const slash = portText.indexOf("/");
  const udpPort = parseUint(slash === -1 ? portText : portText.slice(0, slash), 65_535);
  if (!isToken(media) || udpPort === undefined || proto === "" || formats.length === 0) {
    reader.problem = "m= is not `media port proto formats`";
  } else if (formats.length > MAX_FORMATS || reader.media.length === MAX_MEDIA) {
    reader.problem = `more than ${MAX_MEDIA} m= or ${MAX_FORMATS} formats`;
  } else if (isRtp(proto) && formats.some((format) => payloadType(format) === undefined)) {
    reader.problem = "payload type is not 0-127";
  } else reader.media.push({ media, udpPort, proto, formats, address: undefined, attributes: [] });
}

export const isRtp = (proto: string): boolean => proto.toUpperCase().includes("RTP/");

/** 0–127; undefined for anything else. */
export const payloadType = (text: string): number | undefined => (isDigits(text) ? parseUint(text, 127) : undefined);

/** The first attribute of that name. */
export function attribute(section: { readonly attributes: readonly Attribute[] }, name: string): string | undefined {
  return section.attributes.find((each) => each.name === name)?.value;
}

const DIRECTIONS: readonly Direction[] = ["sendrecv", "sendonly", "recvonly", "inactive"];

/** The section's own, else the session's, else sendrecv (RFC 8866 §6.7). */
export function directionOf(session: SessionDescription, section: MediaSection): Direction {
  for (const holder of [section, session]) {
    for (const { name, value } of holder.attributes) {
      const found = DIRECTIONS.find((each) => each === name);
      if (found !== undefined && value === "") return found;
    }
  }
  return "sendrecv";
}
