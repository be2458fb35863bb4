/** SDP text of our own descriptions (RFC 8866 §5), lines ended by CRLF. */
import type { AudioCapabilities, Direction } from "./audio.ts";
import type { CodecText } from "./codecs.ts";
import { type Crypto, printCrypto } from "./crypto.ts";
import type { MediaSection } from "./parse.ts";

export interface PrintedFormat {
  readonly payloadType: number;
  readonly codec: CodecText;
}

export interface PrintedAudio {
  readonly proto: string;
  readonly formats: readonly PrintedFormat[];
  readonly telephoneEvents: readonly { readonly payloadType: number; readonly clockRateHz: number }[];
  readonly direction: Direction;
  readonly ptimeMs: number;
  readonly rtcpMux: boolean;
  readonly cryptos: readonly Crypto[];
}

/** Everything above the first `m=`. */
export function printSession(capabilities: AudioCapabilities): string {
  const { address, sessionId, sessionVersion } = capabilities;
  const place = `IN ${address.includes(":") ? "IP6" : "IP4"} ${address}`;
  return `v=0\r\no=- ${sessionId} ${sessionVersion} ${place}\r\ns=-\r\nc=${place}\r\nt=0 0\r\n`;
}

export function printAudio(udpPort: number, audio: PrintedAudio): string {
  const numbers = [...audio.formats, ...audio.telephoneEvents].map((each) => each.payloadType).join(" ");
  let text = `m=audio ${udpPort} ${audio.proto} ${numbers}\r\n`;
  for (const { payloadType, codec } of audio.formats) {
    const channels = codec.channels === 1 ? "" : `/${codec.channels}`;
    text += `a=rtpmap:${payloadType} ${codec.encoding}/${codec.clockRateHz}${channels}\r\n`;
    if (codec.fmtp !== "") text += `a=fmtp:${payloadType} ${codec.fmtp}\r\n`;
  }
  for (const { payloadType, clockRateHz } of audio.telephoneEvents) {
    // RFC 4733 §2.4.1: the sixteen DTMF events.
    text += `a=rtpmap:${payloadType} telephone-event/${clockRateHz}\r\na=fmtp:${payloadType} 0-15\r\n`;
  }
  for (const crypto of audio.cryptos) text += printCrypto(crypto);
  if (audio.rtcpMux) text += "a=rtcp-mux\r\n";
  return `${text}a=ptime:${audio.ptimeMs}\r\na=${audio.direction}\r\n`;
}

/** A section we take no part in: port 0, the rest as offered (RFC 3264 §6). */
export function printRefused(section: MediaSection): string {
  return `m=${section.media} 0 ${section.proto} ${section.formats.join(" ")}\r\n`;
}
