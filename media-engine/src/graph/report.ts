/** RTCP of a port: reports to its far end when they are due, BYE when it closes, and what the far end reports. */
import { makeDestination, type RtpDestination, type RtpSocket, sameAddress, sameEndpoint } from "../io/rtp-io.ts";
import { makeCompound, type ReceptionBlock, readCompound, type SenderFacts } from "../rtcp/compound.ts";
import { ntpOf } from "../rtcp/rtcp-session.ts";
import { HEADER_BYTES } from "../rtp/header.ts";
import type { RxReport } from "../rtp/rx-stream.ts";
import type { Port } from "./port.ts";
import type { Wire } from "./wire.ts";

/** So many packets sent must show in a report of the far end. */
const SPOKEN_PACKETS = 250;

/** Sends what is due of `port`: the report of what it heard since the one before. */
export function reportTo(wire: Wire, port: Port, heard: RxReport | undefined): void {
  sendCompound(wire, port, heard, false);
  port.rtcp.sent(wire.nowMs(), wire.random);
}

/** RFC 3550 §6.3.7: only a party that has reported says goodbye. */
export function sayBye(wire: Wire, port: Port): void {
  if (port.params?.rtcp !== undefined && port.rtcp.hasReported) sendCompound(wire, port, port.rx.report(), true);
}

function sendCompound(wire: Wire, port: Port, heard: RxReport | undefined, isBye: boolean): void {
  const destination = destinationOf(port);
  const ssrc = port.audio?.tx.ssrc;
  if (destination === undefined || ssrc === undefined) return;
  const nowMs = wire.nowMs();
  const blocks = heard === undefined ? [] : [blockOf(port, heard, nowMs)];
  const plain = makeCompound({ ssrc, sender: senderOf(port, nowMs), blocks }, port.rtcp.cname, isBye);
  const { sealed } = wire;
  sealed.set(plain);
  const size = port.srtp === undefined ? plain.length : port.srtp.tx.protectRtcp(sealed, plain.length);
  if (size > 0 && wire.io.send(socketOf(port), sealed, size, destination)) wire.counters.rtcpOut++;
  else wire.counters.dropUnsendable++;
}

/** §6.4: SR from those who have sent since the last two reports, RR from others. */
function senderOf(port: Port, nowMs: number): SenderFacts | undefined {
  const tx = port.audio?.tx;
  if (tx === undefined || tx.packets === port.txReported[1]) return undefined;
  port.txReported = [tx.packets, port.txReported[0]];
  const { seconds: ntpSeconds, fraction: ntpFraction } = ntpOf(nowMs);
  const rtpTimestamp = tx.timestampAt(nowMs);
  return { ntpSeconds, ntpFraction, rtpTimestamp, packets: tx.packets, octets: tx.bytes - tx.packets * HEADER_BYTES };
}

function blockOf(port: Port, heard: RxReport, nowMs: number): ReceptionBlock {
  const { ssrc, highestSeq, lost, jitterTicks, expectedNow, lostNow } = heard;
  const fractionLost = expectedNow === 0 ? 0 : Math.min(255, Math.floor((lostNow * 256) / expectedNow));
  return { ssrc, highestSeq, lost, jitterTicks, fractionLost, ...port.rtcp.lastHeard(nowMs) };
}

/** The one of RTP also where the port above it was taken. */
function socketOf({ params, socket, rtcpSocket }: Port): RtpSocket {
  return params?.rtcp?.mux === true ? socket : (rtcpSocket ?? socket);
}

/** With rtcp-mux where RTP goes (RFC 5761 §5.1.3); else what SDP named (RFC 3605), else the next port. */
function destinationOf(port: Port): RtpDestination | undefined {
  const media = port.latch.destination;
  const rtcp = port.params?.rtcp;
  if (media === undefined || rtcp === undefined || rtcp.mux) return media;
  const learned = port.rtcpFrom;
  if (learned !== undefined && sameAddress(learned.endpoint, media.endpoint)) return learned;
  const isNamed = media.udpPort === port.params?.remote.udpPort;
  const udpPort = (isNamed ? rtcp.remoteUdpPort : undefined) ?? media.udpPort + 1;
  return makeDestination(media.address, udpPort);
}

/** `wire.size` bytes of RTCP have come. Strangers are not listened to: it must be of the address the media goes to. */
export function takeRtcp(wire: Wire, port: Port, packet: Uint8Array): void {
  const { counters, size, source } = wire;
  counters.rtcpIn++;
  const { params, latch } = port;
  const tx = port.audio?.tx;
  if (params?.rtcp === undefined || latch.destination === undefined || tx === undefined) return;
  const { endpoint } = latch.destination;
  if (!(params.rtcp.mux ? sameEndpoint(source, endpoint) : sameAddress(source, endpoint))) {
    counters.rtcpForeign++;
    return;
  }
  const plainSize = port.srtp === undefined ? size : port.srtp.rx.unprotectRtcp(packet, size);
  const reports = readCompound(packet.subarray(0, plainSize));
  if (reports === undefined) {
    counters.rtcpMalformed++;
    return;
  }
  if (!params.rtcp.mux) port.learnRtcp(source);
  port.rtcp.take(reports, { ssrc: tx.ssrc, hasSpoken: tx.packets > SPOKEN_PACKETS }, wire.nowMs());
}
