/**
 * One direction of SRTP and SRTCP (RFC 3711) under one master key: AES in counter mode, HMAC-SHA1 cut to ten bytes or four.
 *
 *     | RTP header | payload, encrypted | tag |            tag over all before it and the rollover counter
 *     | RTCP header and SSRC | rest, encrypted | E, index | tag |
 *
 * Packets are changed in place; nothing is allocated but for a sender's first packet.
 */
import type { SrtpSuite } from "../types.ts";
import { HMAC_BYTES, HmacSha1 } from "./hmac-sha1.ts";
import { type Iv, Keystream, LABEL, makeSessionKey, SALT_BYTES } from "./keystream.ts";
import { ReplayWindow } from "./replay-window.ts";

/** What a packet can grow by. */
export const SRTP_OVERHEAD_BYTES = 14;
/** RFC 4568 §6.2: SRTCP has it whole also where SRTP has four bytes. */
const RTCP_TAG_BYTES = 10;
const INDEX_BYTES = 4;
/** The E bit says that the packet is encrypted (§3.4). */
const ENCRYPTED = 0x80;
const RTP_HEADER_BYTES = 12;
const RTCP_HEADER_BYTES = 8;
const ROLLOVER_BYTES = 4;
/** Streams of one sender remembered: it may begin a new one, but never repeat an old one. */
const MOST_STREAMS = 16;

interface Stream {
  readonly ssrc: number;
  readonly rtp: ReplayWindow;
  readonly rtcp: ReplayWindow;
}

/** Where each stream stands: rollover counter and sequence number in one, and the SRTCP index. */
export type TransformState = readonly { readonly ssrc: number; readonly rtp: number; readonly rtcp: number }[];

export class SrtpTransform {
  readonly tagBytes: number;
  readonly #rtp: Keystream;
  readonly #rtpAuth: HmacSha1;
  readonly #rtcp: Keystream;
  readonly #rtcpAuth: HmacSha1;
  readonly #streams: Stream[] = [];
  readonly #iv: Iv = { ssrc: 0, high: 0, low: 0 };
  readonly #tag = new Uint8Array(HMAC_BYTES);
  readonly #came = new Uint8Array(RTCP_TAG_BYTES);

  /** `keyAndSalt`: of the length that `suite` asks for. */
  constructor(suite: SrtpSuite, keyAndSalt: Uint8Array) {
    const keyBytes = keyAndSalt.length - SALT_BYTES;
    const master = { key: keyAndSalt.slice(0, keyBytes), salt: keyAndSalt.slice(keyBytes) };
    const derive = (label: number, bytes: number): Uint8Array => makeSessionKey(master, label, bytes);
    this.tagBytes = suite === "AES_CM_128_HMAC_SHA1_32" ? 4 : 10;
    this.#rtp = new Keystream(derive(LABEL.rtpKey, keyBytes), derive(LABEL.rtpSalt, SALT_BYTES));
    this.#rtpAuth = new HmacSha1(derive(LABEL.rtpAuth, HMAC_BYTES));
    this.#rtcp = new Keystream(derive(LABEL.rtcpKey, keyBytes), derive(LABEL.rtcpSalt, SALT_BYTES));
    this.#rtcpAuth = new HmacSha1(derive(LABEL.rtcpAuth, HMAC_BYTES));
  }

  /** Encrypts a plain RTP packet (header of twelve bytes). Returns its new size, 0 for a packet that must not be sent. */
  protect(packet: Uint8Array, size: number): number {
    if (size + SRTP_OVERHEAD_BYTES > packet.length) return 0;
    const stream = this.#streamOf(word(packet, 8));
    const index = indexOf(stream.rtp.highest, packet);
    if (!stream.rtp.isFresh(index)) return 0;
    stream.rtp.use(index);
    this.#setIv(stream.ssrc, index);
    this.#rtp.apply(packet, RTP_HEADER_BYTES, size, this.#iv);
    this.#sign(packet, size);
    for (let i = 0; i < this.tagBytes; i++) packet[size + i] = this.#tag[i]!;
    return size + this.tagBytes;
  }

  /** Checks and decrypts. Returns the size without the tag, 0 for a packet that is forged, repeated or none. */
  unprotect(packet: Uint8Array, size: number): number {
    const end = size - this.tagBytes;
    const start = headerBytes(packet, end);
    if (start === 0) return 0;
    const ssrc = word(packet, 8);
    const known = this.#find(ssrc);
    const index = indexOf(known?.rtp.highest ?? -1, packet);
    if (known !== undefined && !known.rtp.isFresh(index)) return 0;
    this.#setIv(ssrc, index);
    for (let i = 0; i < this.tagBytes; i++) this.#came[i] = packet[end + i]!;
    if (end + ROLLOVER_BYTES > packet.length) return 0;
    this.#sign(packet, end);
    if (!this.#isTag(this.tagBytes)) return 0;
    (known ?? this.#streamOf(ssrc)).rtp.use(index);
    this.#rtp.apply(packet, start, end, this.#iv);
    return end;
  }

  /** The same of a compound RTCP packet. */
  protectRtcp(packet: Uint8Array, size: number): number {
    if (size + SRTP_OVERHEAD_BYTES > packet.length) return 0;
    const stream = this.#streamOf(word(packet, 4));
    const index = stream.rtcp.highest + 1;
    stream.rtcp.use(index);
    this.#setIv(stream.ssrc, index);
    this.#rtcp.apply(packet, RTCP_HEADER_BYTES, size, this.#iv);
    putWord(packet, size, index);
    packet[size]! |= ENCRYPTED;
    this.#rtcpAuth.sign(packet, size + INDEX_BYTES, this.#tag);
    for (let i = 0; i < RTCP_TAG_BYTES; i++) packet[size + INDEX_BYTES + i] = this.#tag[i]!;
    return size + INDEX_BYTES + RTCP_TAG_BYTES;
  }

  unprotectRtcp(packet: Uint8Array, size: number): number {
    const end = size - RTCP_TAG_BYTES - INDEX_BYTES;
    if (end < RTCP_HEADER_BYTES) return 0;
    const ssrc = word(packet, 4);
    const index = word(packet, end) & 0x7fffffff;
    const known = this.#find(ssrc);
    if (known !== undefined && !known.rtcp.isFresh(index)) return 0;
    for (let i = 0; i < RTCP_TAG_BYTES; i++) this.#came[i] = packet[end + INDEX_BYTES + i]!;
    this.#rtcpAuth.sign(packet, end + INDEX_BYTES, this.#tag);
    if (!this.#isTag(RTCP_TAG_BYTES)) return 0;
    (known ?? this.#streamOf(ssrc)).rtcp.use(index);
    this.#setIv(ssrc, index);
    if (packet[end]! & ENCRYPTED) this.#rtcp.apply(packet, RTCP_HEADER_BYTES, end, this.#iv);
    return end;
  }

  state(): TransformState {
    return this.#streams.map(({ ssrc, rtp, rtcp }) => ({ ssrc, rtp: rtp.highest, rtcp: rtcp.highest }));
  }

  /** Goes on where a transform with the same key stood. */
  continueFrom(state: TransformState): void {
    for (const { ssrc, rtp, rtcp } of state) {
      const stream = this.#streamOf(ssrc);
      if (rtp >= 0) stream.rtp.continueFrom(rtp);
      if (rtcp >= 0) stream.rtcp.continueFrom(rtcp);
    }
  }

  /** §4.2: over the packet and the rollover counter, which is written where the tag stands. */
  #sign(packet: Uint8Array, size: number): void {
    putWord(packet, size, this.#iv.high);
    this.#rtpAuth.sign(packet, size + ROLLOVER_BYTES, this.#tag);
  }

  /** All bytes are compared, so that time tells nothing of where they differ. */
  #isTag(bytes: number): boolean {
    let difference = 0;
    for (let i = 0; i < bytes; i++) difference |= this.#tag[i]! ^ this.#came[i]!;
    return difference === 0;
  }

  #setIv(ssrc: number, index: number): void {
    this.#iv.ssrc = ssrc;
    this.#iv.high = Math.floor(index / 0x10000);
    this.#iv.low = index & 0xffff;
  }

  #find(ssrc: number): Stream | undefined {
    const streams = this.#streams;
    for (let i = 0; i < streams.length; i++) if (streams[i]!.ssrc === ssrc) return streams[i];
    return undefined;
  }

  #streamOf(ssrc: number): Stream {
    const known = this.#find(ssrc);
    if (known !== undefined) return known;
    const stream = { ssrc, rtp: new ReplayWindow(), rtcp: new ReplayWindow() };
    this.#streams.push(stream);
    if (this.#streams.length > MOST_STREAMS) this.#streams.shift();
    return stream;
  }
}

/** §3.3.1: of the indexes with this sequence number the one nearest to the highest so far; below zero: before the first. */
function indexOf(highest: number, packet: Uint8Array): number {
  const seq = (packet[2]! << 8) | packet[3]!;
  if (highest < 0) return seq;
  const distance = ((seq - highest) << 16) >> 16;
  return highest + distance;
}

/** Where the payload begins, 0 when that is beyond `end`: contributing sources and an extension are not encrypted (§3.1). */
function headerBytes(packet: Uint8Array, end: number): number {
  if (end < RTP_HEADER_BYTES) return 0;
  let start = RTP_HEADER_BYTES + 4 * (packet[0]! & 15);
  if (packet[0]! & 0x10) {
    if (start + 4 > end) return 0;
    start += 4 + 4 * ((packet[start + 2]! << 8) | packet[start + 3]!);
  }
  return start <= end ? start : 0;
}

function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

function putWord(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}
