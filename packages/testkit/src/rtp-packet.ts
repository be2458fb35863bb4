/** RTP packets (RFC 3550 §5.1) and telephone-events (RFC 4733 §2.3), written plainly and apart from the engine's own code. */

export interface RtpPacket {
  readonly payloadType: number;
  readonly marker: boolean;
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc: number;
  readonly payload: Uint8Array;
}

export interface TelephoneEvent {
  /** One of `DIGITS`, or `event N` for others. */
  readonly digit: string;
  readonly isEnd: boolean;
  /** −dBm0. */
  readonly volume: number;
  /** In RTP clock ticks. */
  readonly duration: number;
}

/** By event code (RFC 4733 §3.2). */
export const DIGITS = "0123456789*#ABCD";

const HEADER_BYTES = 12;

/** undefined for what is not RTP version 2, RTCP (RFC 5761 §4), or cut short. */
export function readRtp(bytes: Uint8Array): RtpPacket | undefined {
  if (bytes.length < HEADER_BYTES || bytes[0]! >> 6 !== 2) return undefined;
  if (bytes[1]! >= 192 && bytes[1]! <= 223) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let start = HEADER_BYTES + 4 * (bytes[0]! & 0x0f);
  if (bytes[0]! & 0x10) {
    if (start + 4 > bytes.length) return undefined;
    start += 4 + 4 * view.getUint16(start + 2);
  }
  const end = bytes.length - (bytes[0]! & 0x20 ? bytes.at(-1)! : 0);
  if (start > end) return undefined;
  return {
    payloadType: bytes[1]! & 0x7f,
    marker: (bytes[1]! & 0x80) !== 0,
    sequence: view.getUint16(2),
    timestamp: view.getUint32(4),
    ssrc: view.getUint32(8),
    payload: bytes.slice(start, end),
  };
}

export function makeRtp(packet: RtpPacket): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + packet.payload.length);
  const view = new DataView(bytes.buffer);
  bytes[0] = 0x80;
  bytes[1] = packet.payloadType | (packet.marker ? 0x80 : 0);
  view.setUint16(2, packet.sequence & 0xffff);
  view.setUint32(4, packet.timestamp >>> 0);
  view.setUint32(8, packet.ssrc >>> 0);
  bytes.set(packet.payload, HEADER_BYTES);
  return bytes;
}

export function readTelephoneEvent(payload: Uint8Array): TelephoneEvent | undefined {
  if (payload.length < 4) return undefined;
  return {
    digit: DIGITS[payload[0]!] ?? `event ${payload[0]}`,
    isEnd: (payload[1]! & 0x80) !== 0,
    volume: payload[1]! & 0x3f,
    duration: (payload[2]! << 8) + payload[3]!,
  };
}

export function makeTelephoneEvent(event: TelephoneEvent): Uint8Array {
  const code = DIGITS.indexOf(event.digit);
  if (code < 0) throw new Error(`${JSON.stringify(event.digit)} is not a digit of ${DIGITS}`);
  return Uint8Array.of(code, (event.isEnd ? 0x80 : 0) | event.volume, event.duration >> 8, event.duration & 0xff);
}
