/** What an RTP peer received: the packets, the sound, the digits, and whether the stream was whole. */
import { decodeG711, type G711 } from "./g711.ts";
import { type RtpPacket, readTelephoneEvent } from "./rtp-packet.ts";
import type { UdpAddress } from "./udp.ts";

export interface HeardPacket extends RtpPacket {
  readonly arrivalMs: number;
  readonly from: UdpAddress;
}

/** What a receiver would complain about. All zero and one SSRC: a perfect stream. */
export interface Continuity {
  readonly ssrcs: readonly number[];
  /** Sequence numbers never seen between the first and the last, all SSRCs together. */
  readonly missing: number;
  readonly duplicates: number;
  /** Packets with a lower sequence number than one before them. */
  readonly reordered: number;
  /** Neighbours in sequence whose timestamps are not one packet's samples apart. Telephone-events are left out. */
  readonly timestampJumps: number;
  /** Longest time between two arrivals, ms. */
  readonly longestSilenceMs: number;
}

/** Distance from one 16- or 32-bit counter value to another, signed, over the wrap. */
function forward(from: number, to: number, bits: 16 | 32): number {
  const size = 2 ** bits;
  const steps = (((to - from) % size) + size) % size;
  return steps < size / 2 ? steps : steps - size;
}

/**
 * Sound of G.711 packets on one timeline: each SSRC laid out by its timestamps, silence where packets are missing,
 * one SSRC after the other. A digit's packets are silence of their length.
 */
export function pcmOf(packets: readonly HeardPacket[], law: Readonly<Record<number, G711>>): Int16Array {
  const parts: Int16Array[] = [];
  for (const ssrc of ssrcsOf(packets)) {
    const stream = packets.filter((packet) => packet.ssrc === ssrc && law[packet.payloadType] !== undefined);
    if (stream.length > 0) parts.push(layOut(stream, law));
  }
  const out = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Longest timeline laid out, samples: ten minutes. A wild timestamp must not take all memory. */
const LONGEST_SAMPLES = 8000 * 600;

function layOut(stream: readonly HeardPacket[], law: Readonly<Record<number, G711>>): Int16Array {
  const base = stream[0]!.timestamp;
  const placed = stream.map((packet) => ({ packet, at: forward(base, packet.timestamp, 32) }));
  const first = placed.reduce((least, { at }) => Math.min(least, at), 0);
  const end = placed.reduce((most, { at, packet }) => Math.max(most, at + packet.payload.length), 0);
  if (end - first > LONGEST_SAMPLES) throw new Error(`timestamps span ${end - first} samples: the stream has jumped`);
  const out = new Int16Array(end - first);
  for (const { packet, at } of placed) out.set(decodeG711(law[packet.payloadType]!, packet.payload), at - first);
  return out;
}

/** Keys pressed, once a press: all packets of an event share SSRC and timestamp (RFC 4733 §2.2). */
export function digitsOf(packets: readonly HeardPacket[], eventPayloadType: number): string {
  const seen = new Set<string>();
  let digits = "";
  for (const packet of packets) {
    if (packet.payloadType !== eventPayloadType) continue;
    const event = readTelephoneEvent(packet.payload);
    const press = `${packet.ssrc} ${packet.timestamp}`;
    if (event === undefined || seen.has(press)) continue;
    seen.add(press);
    digits += event.digit;
  }
  return digits;
}

export function continuityOf(packets: readonly HeardPacket[], audioPayloadTypes: readonly number[]): Continuity {
  const ssrcs = ssrcsOf(packets);
  let [missing, duplicates, reordered, timestampJumps] = [0, 0, 0, 0];
  for (const ssrc of ssrcs) {
    const stream = packets.filter((packet) => packet.ssrc === ssrc);
    const { bySequence, ...counts } = unwrap(stream);
    duplicates += counts.duplicates;
    reordered += counts.reordered;
    const sequences = [...bySequence.keys()].toSorted((a, b) => a - b);
    missing += sequences.at(-1)! - sequences[0]! + 1 - sequences.length;
    for (const sequence of sequences) {
      const [here, next] = [bySequence.get(sequence)!, bySequence.get(sequence + 1)];
      if (next === undefined || ![here, next].every((one) => audioPayloadTypes.includes(one.payloadType))) continue;
      if (forward(here.timestamp, next.timestamp, 32) !== here.payload.length) timestampJumps++;
    }
  }
  let longestSilenceMs = 0;
  for (let i = 1; i < packets.length; i++) {
    longestSilenceMs = Math.max(longestSilenceMs, packets[i]!.arrivalMs - packets[i - 1]!.arrivalMs);
  }
  return { ssrcs, missing, duplicates, reordered, timestampJumps, longestSilenceMs };
}

function unwrap(stream: readonly HeardPacket[]): {
  bySequence: Map<number, HeardPacket>;
  duplicates: number;
  reordered: number;
} {
  const bySequence = new Map<number, HeardPacket>();
  let [duplicates, reordered] = [0, 0];
  let highest = stream[0]!.sequence;
  for (const packet of stream) {
    const sequence = highest + forward(highest & 0xffff, packet.sequence, 16);
    if (bySequence.has(sequence)) duplicates++;
    else if (sequence < highest) reordered++;
    bySequence.set(sequence, packet);
    highest = Math.max(highest, sequence);
  }
  return { bySequence, duplicates, reordered };
}

function ssrcsOf(packets: readonly HeardPacket[]): number[] {
  return [...new Set(packets.map((packet) => packet.ssrc))];
}
