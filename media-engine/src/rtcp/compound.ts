/**
 * RTCP packets to facts and back (RFC 3550 §6.4–6.6), by rtp.js. Only ever run off the packet path: a leg sends and gets one
 * compound packet in some seconds.
 */
import { packets as rtp } from "rtp.js";

/** One reception report block (§6.4.1): what its sender heard of the stream `ssrc`. */
export interface ReceptionBlock {
  readonly ssrc: number;
  /** Of the packets since the report before, in 1/256. */
  readonly fractionLost: number;
  readonly lost: number;
  /** Extended: the upper 16 bits count the wraps. */
  readonly highestSeq: number;
  /** In units of the RTP timestamp. */
  readonly jitterTicks: number;
  /** Middle 32 bits of the NTP time of the last SR heard, 0 for none. */
  readonly lastSr: number;
  /** Since that SR was heard, in 1/65536 s. */
  readonly delaySinceLastSr: number;
}

/** What a sender says of its own stream (§6.4.1). */
export interface SenderFacts {
  readonly ntpSeconds: number;
  readonly ntpFraction: number;
  readonly rtpTimestamp: number;
  readonly packets: number;
  /** Of payload. */
  readonly octets: number;
}

export interface Report {
  readonly ssrc: number;
  /** SR with it, RR without. */
  readonly sender: SenderFacts | undefined;
  readonly blocks: readonly ReceptionBlock[];
}

const SDES_CNAME = 1;

/** SR or RR first, then SDES with the CNAME (§6.1), and BYE at the end (§6.6). */
export function makeCompound(report: Report, cname: string, isBye: boolean): Uint8Array {
  const compound = new rtp.CompoundPacket();
  compound.addPacket(report.sender === undefined ? receiverReport(report) : senderReport(report, report.sender));
  const chunk = new rtp.SdesChunk();
  chunk.setSsrc(report.ssrc);
  chunk.addItem(SDES_CNAME, cname);
  const sdes = new rtp.SdesPacket();
  sdes.addChunk(chunk);
  compound.addPacket(sdes);
  if (isBye) {
    const bye = new rtp.ByePacket();
    bye.addSsrc(report.ssrc);
    compound.addPacket(bye);
  }
  compound.serialize();
  const view = compound.getView();
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

/** The SRs and RRs of a compound packet; undefined when it is none, or broken anywhere. */
export function readCompound(bytes: Uint8Array): readonly Report[] | undefined {
  if (!isWhole(bytes)) return undefined;
  try {
    const compound = new rtp.CompoundPacket(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    return compound.getPackets().flatMap((packet) => reportOf(packet));
  } catch {
    // What rtp.js cannot read is malformed, and counted as that by the caller.
    return undefined;
  }
}

const MIN_BYTES = 8;

/** §A.2: version 2 and lengths that add up to the datagram. RFC 5506 lets it begin with others than SR and RR. */
function isWhole(bytes: Uint8Array): boolean {
  if (bytes.length < MIN_BYTES || bytes.length % 4 !== 0) return false;
  let at = 0;
  while (at + 4 <= bytes.length) {
    if (bytes[at]! >> 6 !== 2) return false;
    at += 4 * (((bytes[at + 2]! << 8) | bytes[at + 3]!) + 1);
  }
  return at === bytes.length;
}

function reportOf(packet: rtp.RtcpPacket): Report[] {
  if (packet instanceof rtp.SenderReportPacket) {
    const sender = {
      ntpSeconds: packet.getNtpSeconds(),
      ntpFraction: packet.getNtpFraction(),
      rtpTimestamp: packet.getRtpTimestamp(),
      packets: packet.getPacketCount(),
      octets: packet.getOctetCount(),
    };
    return [{ ssrc: packet.getSsrc(), sender, blocks: packet.getReports().map(blockOf) }];
  }
  if (packet instanceof rtp.ReceiverReportPacket)
    return [{ ssrc: packet.getSsrc(), sender: undefined, blocks: packet.getReports().map(blockOf) }];
  return [];
}

function blockOf(block: rtp.ReceptionReport): ReceptionBlock {
  return {
    ssrc: block.getSsrc(),
    fractionLost: block.getFractionLost(),
    lost: block.getTotalLost(),
    highestSeq: block.getHighestSeqNumber(),
    jitterTicks: block.getJitter(),
    lastSr: block.getLastSRTimestamp(),
    delaySinceLastSr: block.getDelaySinceLastSR(),
  };
}

function senderReport(report: Report, sender: SenderFacts): rtp.SenderReportPacket {
  const packet = new rtp.SenderReportPacket();
  packet.setSsrc(report.ssrc);
  packet.setNtpSeconds(sender.ntpSeconds);
  packet.setNtpFraction(sender.ntpFraction);
  packet.setRtpTimestamp(sender.rtpTimestamp);
  packet.setPacketCount(sender.packets >>> 0);
  packet.setOctetCount(sender.octets >>> 0);
  for (const block of report.blocks) packet.addReport(printBlock(block));
  return packet;
}

function receiverReport(report: Report): rtp.ReceiverReportPacket {
  const packet = new rtp.ReceiverReportPacket();
  packet.setSsrc(report.ssrc);
  for (const block of report.blocks) packet.addReport(printBlock(block));
  return packet;
}

function printBlock(block: ReceptionBlock): rtp.ReceptionReport {
  const printed = new rtp.ReceptionReport();
  printed.setSsrc(block.ssrc);
  printed.setFractionLost(block.fractionLost);
  printed.setTotalLost(block.lost);
  printed.setHighestSeqNumber(block.highestSeq);
  printed.setJitter(block.jitterTicks);
  printed.setLastSRTimestamp(block.lastSr);
  printed.setDelaySinceLastSR(block.delaySinceLastSr);
  return printed;
}
