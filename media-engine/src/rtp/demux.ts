/** Tells apart what may arrive on a media port by its first two bytes (RFC 7983 §7, RFC 5761 §4). */
export type DatagramKind = "rtp" | "rtcp" | "other";

export function kindOf(packet: Uint8Array, size: number): DatagramKind {
  if (size < 2) return "other";
  const first = packet[0]!;
  if (first < 128 || first > 191) return "other";
  // Payload types 64–95 are never used for RTP, so that with the marker bit they are RTCP's 192–223.
  const second = packet[1]!;
  return second >= 192 && second <= 223 ? "rtcp" : "rtp";
}
