/** From the graph to the far end: frames of the tick, packets passed on, telephone-events. No step allocates or throws. */
import { transcodeInPlace } from "../codec/transcode.ts";
import { mixInto } from "../dsp/mix.ts";
import { HEADER_BYTES, writeHeader } from "../rtp/header.ts";
import type { SrtpSession } from "../srtp/srtp-session.ts";
import type { Port } from "./port.ts";
import type { PortAudio } from "./port-audio.ts";
import type { Wire } from "./wire.ts";

/** Phase 5 of a tick: adds what the port plays to what the bridge says, and sends it. */
export function transmitTick(wire: Wire, port: Port, audio: PortAudio, nowMs: number): void {
  const { own, toFar } = audio;
  if (port.playout.fill(own.input)) {
    own.convert();
    mixInto(own.output, toFar.output);
  }
  if (!audio.tones.isIdle && audio.tones.fill(own.input)) {
    own.convert();
    toFar.output.set(own.output);
  }
  pushFrame(wire, port, audio, nowMs);
  if (!port.wasBusy) return;
  const sent = (audio.digitsOut?.takeCompleted() ?? 0) + audio.tones.takeCompleted();
  for (let i = 0; i < sent; i++) wire.report({ type: "digitsSent", leg: port.id });
}

/** Cuts frames into packets of the packet time agreed, and sends each when it is full. */
export function pushFrame(wire: Wire, port: Port, audio: PortAudio, nowMs: number): void {
  const { packetPcm } = audio;
  const frame = audio.toFar.output;
  if (packetPcm.length === frame.length) {
    sendAudio(wire, port, frame, nowMs);
    return;
  }
  for (let i = 0; i < frame.length; i++) {
    packetPcm[audio.packetFill++] = frame[i]!;
    if (audio.packetFill < packetPcm.length) continue;
    audio.packetFill = 0;
    sendAudio(wire, port, packetPcm, nowMs);
  }
}

function sendAudio(wire: Wire, port: Port, pcm: Int16Array, nowMs: number): void {
  const { params, audio } = port;
  if (params === undefined || audio === undefined) return;
  if (port.holdPackets > 0) {
    port.holdPackets--;
    return;
  }
  const { out, packet } = wire;
  if (sendOwnEvent(wire, port, audio, nowMs)) return;
  if (!params.maySend) return;
  const size = audio.encoder.encode(pcm, HEADER_BYTES, packet);
  out.payloadType = params.txPayloadType;
  out.payloadSize = size;
  audio.tx.own(out, nowMs);
  send(wire, port, packet);
  tapSent(wire, port, packet, nowMs);
}

/** True when a telephone-event took the place of this packet of audio. */
function sendOwnEvent(wire: Wire, port: Port, audio: PortAudio, nowMs: number): boolean {
  const { digitsOut, eventOut, tx } = audio;
  const telephoneEvent = port.params?.telephoneEvent;
  if (digitsOut === undefined || telephoneEvent === undefined || digitsOut.isIdle) return false;
  const step = digitsOut.poll(tx.nextTimestamp(nowMs), eventOut);
  if (step === "audio") return false;
  const { out, packet } = wire;
  out.payloadType = telephoneEvent.txPayloadType;
  out.rtpTimestamp = eventOut.rtpTimestamp;
  out.marker = eventOut.marker;
  out.payloadSize = eventOut.payload.length;
  packet.set(eventOut.payload, HEADER_BYTES);
  tx.event(out, nowMs);
  if (port.params?.maySend === true) send(wire, port, packet);
  return true;
}

/**
 * Relay: rewrites the packet that has just come (header in `wire.in`) and sends it to `to`'s far end at once, payload
 * untouched or, between PCMU and PCMA, byte by byte through a table.
 */
export function passOn(wire: Wire, to: Port, packet: Uint8Array, isEvent: boolean): void {
  const { audio, params } = to;
  if (audio === undefined || params === undefined) return;
  const header = wire.in;
  const { out, atMs } = wire;
  if (isEvent) {
    if (params.telephoneEvent === undefined) return;
    out.payloadType = params.telephoneEvent.txPayloadType;
  } else out.payloadType = params.txPayloadType;
  if (!audio.tx.relay(header, out, atMs, !isEvent)) {
    wire.counters.dropLate++;
    return;
  }
  const size = header.payloadSize;
  closeUp(packet, header.payloadOffset, size);
  if (!isEvent && to.crossTable !== undefined) transcodeInPlace(to.crossTable, HEADER_BYTES, size, packet);
  out.payloadSize = size;
  send(wire, to, packet);
  if (isEvent) return;
  tapSent(wire, to, packet, atMs);
}

/** Passes the telephone-event that has just come to a port that otherwise sends frames. */
export function passEvent(wire: Wire, to: Port, packet: Uint8Array): void {
  const { audio, params } = to;
  if (audio === undefined || params?.telephoneEvent === undefined || !params.maySend) return;
  if (audio.digitsOut?.isIdle === false) return;
  const header = wire.in;
  const { out } = wire;
  if (header.rtpTimestamp !== to.passedEventIn) {
    to.passedEventIn = header.rtpTimestamp;
    to.passedEventOut = audio.tx.nextTimestamp(wire.atMs);
  }
  closeUp(packet, header.payloadOffset, header.payloadSize);
  header.payloadOffset = HEADER_BYTES;
  out.payloadType = params.telephoneEvent.txPayloadType;
  out.rtpTimestamp = to.passedEventOut;
  out.marker = header.marker;
  out.payloadSize = header.payloadSize;
  audio.tx.aside(out);
  send(wire, to, packet);
}

/** Moves a payload that stood behind contributing sources or an extension to where a plain header leaves it. */
function closeUp(packet: Uint8Array, payloadOffset: number, size: number): void {
  if (payloadOffset !== HEADER_BYTES) packet.copyWithin(HEADER_BYTES, payloadOffset, payloadOffset + size);
}

/** Sends the payload of `packet` under the header in `wire.out`. */
function send(wire: Wire, port: Port, packet: Uint8Array): void {
  const { destination } = port.latch;
  const { out } = wire;
  const size = HEADER_BYTES + out.payloadSize;
  writeHeader(out, packet);
  const { srtp } = port;
  const sealed = srtp === undefined ? packet : wire.sealed;
  const sealedSize = srtp === undefined ? size : seal(srtp, packet, size, sealed);
  if (destination === undefined || sealedSize === 0 || !wire.io.send(port.socket, sealed, sealedSize, destination)) {
    wire.counters.dropUnsendable++;
    return;
  }
  wire.counters.packetsOut++;
  port.audio?.tx.count(size);
}

/** Encrypts into memory of its own: recordings and other legs still want the packet as it is. Returns the size, 0: refused. */
function seal(srtp: SrtpSession, packet: Uint8Array, size: number, out: Uint8Array): number {
  for (let i = 0; i < size; i++) out[i] = packet[i]!;
  return srtp.tx.protect(out, size);
}

/** Gives the packet that has just been sent to the port's recordings. */
function tapSent(wire: Wire, port: Port, packet: Uint8Array, nowMs: number): void {
  for (let i = 0; i < port.taps.length; i++) {
    const { tap, isPaused } = port.taps[i]!;
    if (!isPaused) tap.txPacket(packet, wire.out, nowMs);
  }
}
