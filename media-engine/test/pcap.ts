/** Reads captured RTP for tests: classic pcap files of UDP over IPv4 or IPv6, little-endian, Ethernet, Linux cooked or raw. */
import { existsSync, readFileSync } from "node:fs";

/** Where captures are, beside the checkout; tests that need them are skipped when it is not there. */
export const FIXTURES = new URL("../../../shared/fixtures/", import.meta.url);
export const hasFixtures: boolean = existsSync(FIXTURES);

export interface CapturedPacket {
  readonly atMs: number;
  /** The whole RTP packet. */
  readonly bytes: Uint8Array;
  readonly seq: number;
  readonly rtpTimestamp: number;
  readonly ssrc: number;
  readonly payloadType: number;
  readonly marker: boolean;
  readonly payloadOffset: number;
  readonly payloadSize: number;
}

const MAGIC = 0xa1b2c3d4;
const FILE_HEADER = 24;
const RECORD_HEADER = 16;
/** Bytes before the IP packet by link type: null, Ethernet, raw, Linux cooked. */
const LINK_BYTES: Readonly<Record<number, number>> = { 0: 4, 1: 14, 12: 0, 101: 0, 113: 16 };

/** All RTP of a capture, in its order; what is not RTP is left out. */
export function readRtp(name: string): CapturedPacket[] {
  const bytes = new Uint8Array(readFileSync(new URL(name, FIXTURES)));
  const view = new DataView(bytes.buffer);
  if (view.getUint32(0, true) !== MAGIC) throw new Error(`${name} is no little-endian pcap`);
  const linkBytes = LINK_BYTES[view.getUint32(20, true)];
  if (linkBytes === undefined) throw new Error(`${name} has an unknown link type`);
  const packets: CapturedPacket[] = [];
  for (let at = FILE_HEADER; at + RECORD_HEADER <= bytes.length; ) {
    const atMs = view.getUint32(at, true) * 1000 + view.getUint32(at + 4, true) / 1000;
    const size = view.getUint32(at + 8, true);
    const udp = udpPayload(bytes.subarray(at + RECORD_HEADER + linkBytes, at + RECORD_HEADER + size));
    const packet = udp === undefined ? undefined : parseRtp(udp, atMs);
    if (packet !== undefined) packets.push(packet);
    at += RECORD_HEADER + size;
  }
  return packets;
}

function udpPayload(ip: Uint8Array): Uint8Array | undefined {
  const version = (ip[0] ?? 0) >> 4;
  const headerBytes = version === 4 ? ((ip[0] ?? 0) & 15) * 4 : 40;
  const protocol = version === 4 ? ip[9] : ip[6];
  if ((version !== 4 && version !== 6) || protocol !== 17) return undefined;
  const length = ((ip[headerBytes + 4] ?? 0) << 8) | (ip[headerBytes + 5] ?? 0);
  return ip.subarray(headerBytes + 8, headerBytes + length);
}

function parseRtp(bytes: Uint8Array, atMs: number): CapturedPacket | undefined {
  if (bytes.length < 12 || (bytes[0]! & 0xc0) !== 0x80) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const payloadType = bytes[1]! & 0x7f;
  // RTCP's types, seen as RTP (RFC 5761 §4).
  if (payloadType >= 64 && payloadType < 96) return undefined;
  const payloadOffset = 12 + 4 * (bytes[0]! & 15);
  return {
    atMs,
    bytes,
    seq: view.getUint16(2),
    rtpTimestamp: view.getUint32(4),
    ssrc: view.getUint32(8),
    payloadType,
    marker: (bytes[1]! & 0x80) !== 0,
    payloadOffset,
    payloadSize: bytes.length - payloadOffset,
  };
}
