/**
 * A trace as a capture file that Wireshark and its kin read (classic pcap, LINKTYPE_RAW): IP and UDP headers made from the
 * addresses, whatever transport a message went by, for a stream's own segments are not known here.
 */
import { addressBytes, asIpv6 } from "./ip-bytes.ts";
import { maskSecrets } from "./mask.ts";
import type { KeptMessage } from "./traces.ts";

export const PCAP_MEDIA_TYPE = "application/vnd.tcpdump.pcap";

const LINKTYPE_RAW = 101;
const FILE_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;
const UDP_HEADER_BYTES = 8;
const IPV4_HEADER_BYTES = 20;
const IPV6_HEADER_BYTES = 40;
const UDP = 17;
const MOST_PACKET_BYTES = 65_535;

export function makePcap(messages: readonly KeptMessage[]): Uint8Array {
  const packets = messages.map(packetOf);
  const size = packets.reduce((sum, { bytes }) => sum + RECORD_HEADER_BYTES + bytes.length, FILE_HEADER_BYTES);
  const file = new Uint8Array(size);
  const view = new DataView(file.buffer);
  view.setUint32(0, 0xa1b2c3d4);
  view.setUint16(4, 2);
  view.setUint16(6, 4);
  view.setUint32(16, MOST_PACKET_BYTES);
  view.setUint32(20, LINKTYPE_RAW);
  let at = FILE_HEADER_BYTES;
  for (const { bytes, wireBytes, wallMs } of packets) {
    view.setUint32(at, Math.floor(wallMs / 1000));
    view.setUint32(at + 4, Math.floor((wallMs % 1000) * 1000));
    view.setUint32(at + 8, bytes.length);
    view.setUint32(at + 12, wireBytes);
    file.set(bytes, at + RECORD_HEADER_BYTES);
    at += RECORD_HEADER_BYTES + bytes.length;
  }
  return file;
}

interface Packet {
  readonly bytes: Uint8Array;
  /** Length before the message was cut. */
  readonly wireBytes: number;
  readonly wallMs: number;
}

const UNKNOWN = Uint8Array.of(0, 0, 0, 0);

function packetOf({ direction, peer, local, wallMs, text, sizeBytes }: KeptMessage): Packet {
  const payload = Buffer.from(maskSecrets(text), "latin1");
  const [from, to] = direction === "sent" ? [local, peer] : [peer, local];
  let source = addressBytes(from.address) ?? UNKNOWN;
  let destination = addressBytes(to.address) ?? UNKNOWN;
  if (source.length !== destination.length) [source, destination] = [asIpv6(source), asIpv6(destination)];
  const ipBytes = source.length === 4 ? IPV4_HEADER_BYTES : IPV6_HEADER_BYTES;
  const udpBytes = Math.min(UDP_HEADER_BYTES + sizeBytes, MOST_PACKET_BYTES - ipBytes);
  const bytes = new Uint8Array(ipBytes + Math.min(udpBytes, UDP_HEADER_BYTES + payload.length));
  const view = new DataView(bytes.buffer);
  if (source.length === 4) writeIpv4(view, udpBytes);
  else writeIpv6(view, udpBytes);
  bytes.set(source, ipBytes - 2 * source.length);
  bytes.set(destination, ipBytes - source.length);
  if (source.length === 4) view.setUint16(10, checksum(bytes.subarray(0, IPV4_HEADER_BYTES), 0));
  view.setUint16(ipBytes, from.port);
  view.setUint16(ipBytes + 2, to.port);
  view.setUint16(ipBytes + 4, udpBytes);
  bytes.set(payload.subarray(0, bytes.length - ipBytes - UDP_HEADER_BYTES), ipBytes + UDP_HEADER_BYTES);
  const isWhole = bytes.length === ipBytes + udpBytes;
  // RFC 768: over addresses, protocol, length and the datagram; 0 is written as its complement. A cut one has none.
  const pseudo = sumOf(bytes.subarray(ipBytes - 2 * source.length, ipBytes)) + UDP + udpBytes;
  if (isWhole) view.setUint16(ipBytes + 6, checksum(bytes.subarray(ipBytes), pseudo) || 0xffff);
  return { bytes, wireBytes: ipBytes + udpBytes, wallMs };
}

/** RFC 791 §3.1, without addresses and checksum. */
function writeIpv4(view: DataView, udpBytes: number): void {
  view.setUint8(0, 0x45);
  view.setUint16(2, IPV4_HEADER_BYTES + udpBytes);
  view.setUint8(8, 64);
  view.setUint8(9, UDP);
}

/** RFC 8200 §3, without addresses. */
function writeIpv6(view: DataView, udpBytes: number): void {
  view.setUint8(0, 0x60);
  view.setUint16(4, udpBytes);
  view.setUint8(6, UDP);
  view.setUint8(7, 64);
}

/** RFC 1071. */
function checksum(bytes: Uint8Array, start: number): number {
  let sum = start + sumOf(bytes);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}

function sumOf(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += ((bytes[i] ?? 0) << 8) + (bytes[i + 1] ?? 0);
  return sum;
}
