/**
 * HEP version 3, the packet that Homer and its kin collect (HEP3 network protocol specification, rev. 32): the text
 * `HEP3`, the total length, then chunks of vendor, type, length with these six bytes, value. Big-endian.
 */
import { addressBytes, asIpv6, maskSecrets } from "@voepy/call-control";
import type { TracedMessage } from "@voepy/sip-stack";

export interface HepIdentity {
  /** Names this voepy to the collector. */
  readonly captureId: number;
  /** What the collector asks of its agents; it goes in the clear. */
  readonly password?: string | undefined;
}

const CHUNK = {
  ipFamily: 1,
  ipProtocol: 2,
  sourceIpv4: 3,
  destinationIpv4: 4,
  sourceIpv6: 5,
  destinationIpv6: 6,
  sourcePort: 7,
  destinationPort: 8,
  seconds: 9,
  microseconds: 10,
  payloadType: 11,
  captureId: 12,
  password: 14,
  payload: 15,
  correlationId: 17,
} as const;
const CHUNK_HEADER_BYTES = 6;
const PACKET_HEADER_BYTES = 6;
const PAYLOAD_SIP = 1;
const AF_INET = 2;
const AF_INET6 = 10;
const TCP = 6;
const UDP = 17;
/** A datagram has no room for more. */
const MOST_BYTES = 65_507;
const UNKNOWN = Uint8Array.of(0, 0, 0, 0);

/** undefined: too long for a datagram. Credentials and keys are masked. */
export function makeHepPacket(message: TracedMessage, identity: HepIdentity): Uint8Array | undefined {
  const { direction, peer, local, wallMs, bytes, callId } = message;
  const [from, to] = direction === "sent" ? [local, peer] : [peer, local];
  let source = addressBytes(from.address) ?? UNKNOWN;
  let destination = addressBytes(to.address) ?? UNKNOWN;
  if (source.length !== destination.length) [source, destination] = [asIpv6(source), asIpv6(destination)];
  const isV4 = source.length === 4;
  const payload = Buffer.from(maskSecrets(Buffer.from(bytes).toString("latin1")), "latin1");
  const chunks: [number, Uint8Array][] = [
    [CHUNK.ipFamily, Uint8Array.of(isV4 ? AF_INET : AF_INET6)],
    [CHUNK.ipProtocol, Uint8Array.of(peer.transport === "udp" ? UDP : TCP)],
    [isV4 ? CHUNK.sourceIpv4 : CHUNK.sourceIpv6, source],
    [isV4 ? CHUNK.destinationIpv4 : CHUNK.destinationIpv6, destination],
    [CHUNK.sourcePort, uint16(from.port)],
    [CHUNK.destinationPort, uint16(to.port)],
    [CHUNK.seconds, uint32(Math.floor(wallMs / 1000))],
    [CHUNK.microseconds, uint32(Math.floor((wallMs % 1000) * 1000))],
    [CHUNK.payloadType, Uint8Array.of(PAYLOAD_SIP)],
    [CHUNK.captureId, uint32(identity.captureId)],
    ...(identity.password === undefined ? [] : [[CHUNK.password, Buffer.from(identity.password)] as [number, Buffer]]),
    ...(callId === "" ? [] : [[CHUNK.correlationId, Buffer.from(callId)] as [number, Buffer]]),
    [CHUNK.payload, payload],
  ];
  return packetOf(chunks);
}

function packetOf(chunks: readonly [number, Uint8Array][]): Uint8Array | undefined {
  const size = chunks.reduce((sum, [, value]) => sum + CHUNK_HEADER_BYTES + value.length, PACKET_HEADER_BYTES);
  if (size > MOST_BYTES) return undefined;
  const packet = Buffer.alloc(size);
  packet.write("HEP3", "latin1");
  packet.writeUInt16BE(size, 4);
  let at = PACKET_HEADER_BYTES;
  for (const [type, value] of chunks) {
    // Vendor 0: the types of the specification.
    packet.writeUInt16BE(type, at + 2);
    packet.writeUInt16BE(CHUNK_HEADER_BYTES + value.length, at + 4);
    packet.set(value, at + CHUNK_HEADER_BYTES);
    at += CHUNK_HEADER_BYTES + value.length;
  }
  return packet;
}

function uint16(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 0xff);
}

function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}
