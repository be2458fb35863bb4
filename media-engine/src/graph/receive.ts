/** From the far end to the graph: what is done with one datagram, the moment it arrives. No step allocates or throws. */
import { kindOf } from "../rtp/demux.ts";
import { readHeader } from "../rtp/header.ts";
import type { Port } from "./port.ts";
import { takeRtcp } from "./report.ts";
import { passEvent, passOn } from "./transmit.ts";
import type { Wire } from "./wire.ts";

/**
 * `wire.size` bytes of `packet` from `wire.source` have come for `port`. "otherCodec": from now on its far end speaks
 * another codec, so that its path may be another.
 */
export function receive(wire: Wire, port: Port, packet: Uint8Array): "otherCodec" | undefined {
  const { counters, size, source, atMs } = wire;
  const header = wire.in;
  counters.packetsIn++;
  const kind = kindOf(packet, size);
  if (kind === "rtp" && port.srtp !== undefined) {
    // Before anything is learned from it: who does not have the key is nobody.
    wire.size = port.srtp.rx.unprotect(packet, size);
    if (wire.size === 0) {
      counters.dropUnauthentic++;
      port.rxUnfit++;
      return undefined;
    }
  }
  if (kind !== "rtp" || !readHeader(packet, wire.size, header)) {
    if (kind === "rtcp") takeRtcp(wire, port, packet);
    else counters.dropMalformed++;
    return undefined;
  }
  const { params } = port;
  if (params === undefined) {
    counters.dropUnexpected++;
    return undefined;
  }
  const isEvent = header.payloadType === params.telephoneEvent?.rxPayloadType;
  const isOther = !isEvent && header.payloadType !== port.received?.payloadType;
  if (isOther && !port.mayReceiveType(header.payloadType)) {
    counters.dropPayloadType++;
    port.rxUnfit++;
    return undefined;
  }
  const admission = port.latch.admit(source, header, atMs);
  if (admission === "foreign") {
    counters.dropForeign++;
    port.rxForeign++;
    return undefined;
  }
  if (admission === "first") wire.report({ type: "rtpStarted", leg: port.id });
  if (isOther) port.receiveType(header.payloadType);
  if (header.ssrc !== port.rx.ssrc) port.audio?.digitsIn?.reset();
  port.rx.count(header, size, atMs, !isEvent);
  if (params.mayReceive) {
    if (isEvent) takeEvent(wire, port, packet);
    else takeAudio(wire, port, packet, isOther);
  }
  return isOther ? "otherCodec" : undefined;
}

/** `isOther`: of another codec than the one before, for which relay may not be the way. */
function takeAudio(wire: Wire, port: Port, packet: Uint8Array, isOther: boolean): void {
  if (port.isMuted) return;
  for (let i = 0; i < port.taps.length; i++) {
    const { tap, isPaused } = port.taps[i]!;
    if (!isPaused) tap.rxPacket(packet, wire.in, wire.atMs);
  }
  if (port.isHeard) port.audio?.receiver.push(packet, wire.in);
  if (port.passesTo !== undefined && !isOther) passOn(wire, port.passesTo, packet, false);
}

function takeEvent(wire: Wire, port: Port, packet: Uint8Array): void {
  const digits = port.audio?.digitsIn;
  if (digits === undefined) return;
  const digit = digits.push(packet, wire.in);
  if (digit !== "") wire.report({ type: "digit", leg: port.id, digit, durationMs: digits.durationMs });
  const clockHz = port.params?.telephoneEvent?.clockRateHz;
  if (port.passesTo !== undefined) {
    if (port.passesTo.params?.telephoneEvent?.clockRateHz === clockHz) passOn(wire, port.passesTo, packet, true);
    return;
  }
  const members = port.bridge?.members;
  if (members === undefined) return;
  for (let i = 0; i < members.length; i++) {
    const other = members[i]!;
    if (other !== port && other.params?.telephoneEvent?.clockRateHz === clockHz) passEvent(wire, other, packet);
  }
}
