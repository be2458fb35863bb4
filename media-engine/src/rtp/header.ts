/**
 * The fixed header of RTP, read and written in place. RFC 3550 §5.1:
 *
 *     0                   1                   2                   3
 *     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *    |V=2|P|X|  CC   |M|     PT      |       sequence number         |
 *    |                           timestamp                           |
 *    |           synchronization source (SSRC) identifier            |
 */
import type { AudioPacket } from "../jitter/audio-packet.ts";

export const HEADER_BYTES = 12;

/** One header, read again for every packet. */
export type RtpHeader = { -readonly [Field in keyof AudioPacket]: AudioPacket[Field] };

const VERSION_2 = 0x80;
const VERSION_BITS = 0xc0;
const PADDING_BIT = 0x20;
const EXTENSION_BIT = 0x10;

export function makeHeader(): RtpHeader {
  return {
    seq: 0,
    rtpTimestamp: 0,
    ssrc: 0,
    payloadType: 0,
    marker: false,
    payloadOffset: HEADER_BYTES,
    payloadSize: 0,
  };
}

/**
 * Reads the header of the first `size` bytes of `packet` into `out`: contributing sources and an extension are stepped
 * over, padding is taken off. False when it is not RTP version 2 or anything reaches beyond the packet.
 */
export function readHeader(packet: Uint8Array, size: number, out: RtpHeader): boolean {
  if (size < HEADER_BYTES) return false;
  const first = packet[0]!;
  if ((first & VERSION_BITS) !== VERSION_2) return false;
  let start = HEADER_BYTES + 4 * (first & 15);
  let end = size;
  if (first & EXTENSION_BIT) {
    // §5.3.1: 16 bits of profile, 16 bits of length in words, then the words.
    if (start + 4 > size) return false;
    start += 4 + 4 * ((packet[start + 2]! << 8) | packet[start + 3]!);
  }
  if (first & PADDING_BIT) {
    // The last byte counts the padding, itself included.
    const padding = packet[size - 1]!;
    if (padding === 0) return false;
    end -= padding;
  }
  if (start > end) return false;
  const second = packet[1]!;
  out.marker = second > 127;
  out.payloadType = second & 127;
  out.seq = (packet[2]! << 8) | packet[3]!;
  out.rtpTimestamp = word(packet, 4);
  out.ssrc = word(packet, 8);
  out.payloadOffset = start;
  out.payloadSize = end - start;
  return true;
}

/** Writes a plain header (no padding, extension or contributing sources) to the first twelve bytes of `out`. */
export function writeHeader(header: AudioPacket, out: Uint8Array): void {
  out[0] = VERSION_2;
  out[1] = (header.marker ? 128 : 0) | header.payloadType;
  out[2] = header.seq >> 8;
  out[3] = header.seq;
  putWord(out, 4, header.rtpTimestamp);
  putWord(out, 8, header.ssrc);
}

function word(packet: Uint8Array, at: number): number {
  return ((packet[at]! << 24) | (packet[at + 1]! << 16) | (packet[at + 2]! << 8) | packet[at + 3]!) >>> 0;
}

function putWord(out: Uint8Array, at: number, value: number): void {
  out[at] = value >>> 24;
  out[at + 1] = value >>> 16;
  out[at + 2] = value >>> 8;
  out[at + 3] = value;
}
