/** From the far end to the graph: what is done with one datagram, the moment it arrives. No step allocates or throws. */
import { kindOf } from "../rtp/demux.ts";
import { readHeader } from "../rtp/header.ts";
import type { Port } from "./port.ts";
import { passEvent, passOn } from "./transmit.ts";
import type { Wire } from "./wire.ts";

/** `wire.size` bytes of `packet` from `wire.source` have come for `port`. */
export function receive(wire: Wire, port: Port, packet: Uint8Array): void {
  const { counters, size, source, atMs } = wire;
  const header = wire.in;
  counters.packetsIn++;
  const kind = kindOf(packet, size);
  if (kind !== "rtp" || !readHeader(packet, size, header)) {
    if (kind === "rtcp") counters.rtcpIn++;
    else counters.dropMalformed++;
    return;
  }
  const { params } = port;
  if (params === undefined) {
    counters.dropUnexpected++;
    return;
  }
  const isEvent = header.payloadType === params.telephoneEvent?.rxPayloadType;
  if (!isEvent && header.payloadType !== params.rxPayloadType) {
    counters.dropPayloadType++;
    port.rxUnfit++;
    return;
  }
  const admission = port.latch.admit(source, header, atMs);
  if (admission === "foreign") {
    counters.dropForeign++;
    port.rxForeign++;
    return;
  }
  if (admission === "first") wire.report({ type: "rtpStarted", leg: port.id });
  if (header.ssrc !== port.rx.ssrc) port.audio?.digitsIn?.reset();
  port.rx.count(header, size, atMs, !isEvent);
  if (!params.mayReceive) return;
  if (isEvent) takeEvent(wire, port, packet);
  else takeAudio(wire, port, packet);
}

function takeAudio(wire: Wire, port: Port, packet: Uint8Array): void {
  if (port.isMuted) return;
  for (let i = 0; i < port.taps.length; i++) {
    const { tap, isPaused } = port.taps[i]!;
    if (!isPaused) tap.rxPacket(packet, wire.in, wire.atMs);
  }
  if (port.isHeard) port.audio?.receiver.push(packet, wire.in);
  if (port.passesTo !== undefined) passOn(wire, port.passesTo, packet, false);
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
