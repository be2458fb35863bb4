/** UDP packets out of classic pcap captures (IPv4, Ethernet, raw, Linux cooked or loopback link layers). */
import type { UdpAddress } from "./udp.ts";

export interface CapturedUdp {
  /** Since the first packet of the file. */
  readonly atMs: number;
  readonly from: UdpAddress;
  readonly to: UdpAddress;
  readonly payload: Uint8Array;
}

/** pcap link types (tcpdump.org/linktypes) and how many bytes stand before the IP header. */
const LINK_HEADER_BYTES: Readonly<Record<number, number>> = { 0: 4, 1: 14, 12: 0, 101: 0, 113: 16, 228: 0, 276: 20 };
const FILE_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;
const PROTOCOL_UDP = 17;
const VLAN_ETHERTYPE = 0x8100;

/** Throws an Error for what is not such a capture; packets that are not whole UDP over IPv4 are left out. */
export function readPcap(file: Uint8Array): CapturedUdp[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const { isLittle, ticksPerMs } = byteOrder(view);
  const linkType = view.getUint32(20, isLittle) & 0xffff;
  const linkBytes = LINK_HEADER_BYTES[linkType];
  if (linkBytes === undefined) throw new Error(`pcap link type ${linkType} is not known here`);
  const packets: CapturedUdp[] = [];
  let firstMs: number | undefined;
  for (let at = FILE_HEADER_BYTES; at + RECORD_HEADER_BYTES <= file.length; ) {
    const atMs = view.getUint32(at, isLittle) * 1000 + view.getUint32(at + 4, isLittle) / ticksPerMs;
    const size = view.getUint32(at + 8, isLittle);
    const start = at + RECORD_HEADER_BYTES;
    if (start + size > file.length) break;
    firstMs ??= atMs;
    const udp = readUdp(withoutLink(file.subarray(start, start + size), linkType, linkBytes));
    if (udp !== undefined) packets.push({ atMs: atMs - firstMs, ...udp });
    at = start + size;
  }
  return packets;
}

function byteOrder(view: DataView): { isLittle: boolean; ticksPerMs: number } {
  for (const isLittle of [true, false]) {
    const magic = view.byteLength < FILE_HEADER_BYTES ? 0 : view.getUint32(0, isLittle);
    if (magic === 0xa1b2c3d4) return { isLittle, ticksPerMs: 1000 };
    if (magic === 0xa1b23c4d) return { isLittle, ticksPerMs: 1_000_000 };
  }
  throw new Error("not a classic pcap file");
}

function withoutLink(frame: Uint8Array, linkType: number, linkBytes: number): Uint8Array {
  const isVlan = linkType === 1 && ((frame[12] ?? 0) << 8) + (frame[13] ?? 0) === VLAN_ETHERTYPE;
  return frame.subarray(linkBytes + (isVlan ? 4 : 0));
}

function readUdp(ip: Uint8Array): Omit<CapturedUdp, "atMs"> | undefined {
  if (ip.length < 28 || ip[0]! >> 4 !== 4 || ip[9] !== PROTOCOL_UDP) return undefined;
  const view = new DataView(ip.buffer, ip.byteOffset, ip.byteLength);
  const start = (ip[0]! & 0x0f) * 4;
  const isFragment = (view.getUint16(6) & 0x3fff) !== 0;
  if (isFragment || start + 8 > ip.length) return undefined;
  const end = start + view.getUint16(start + 4);
  if (end > ip.length || end < start + 8) return undefined;
  return {
    from: { address: ip.subarray(12, 16).join("."), port: view.getUint16(start) },
    to: { address: ip.subarray(16, 20).join("."), port: view.getUint16(start + 2) },
    payload: ip.slice(start + 8, end),
  };
}
