/**
 * Chooses how each port is fed, again after everything that matters: relay where packets can be passed on as they come, frames
 * where something must be mixed, played or told to be silent. Each direction of a bridge is chosen for itself: while one party
 * hears a prompt, the other still gets the first one's packets at once.
 *
 * A switch loses no audio: towards relay what waits in the jitter buffer is sent at once and the far end is that much ahead;
 * towards frames the pause in which the jitter buffer fills uses that lead up again.
 */
import { takesAnyOpus } from "../codec/opus-fmtp.ts";
import { PCMA_TO_PCMU, PCMU_TO_PCMA } from "../codec/transcode.ts";
import type { PortParams } from "../types.ts";
import type { Port } from "./port.ts";
import { ptimeOf } from "./port-audio.ts";
import { chooseRates } from "./rates.ts";
import type { ReceivedFormat } from "./received-format.ts";
import { pushFrame } from "./transmit.ts";
import type { Wire } from "./wire.ts";

/** More than the longest delay of a jitter buffer, in ticks. */
const MOST_WAITING_FRAMES = 10;

export function choosePaths(wire: Wire, ports: readonly Port[]): void {
  chooseRates(ports);
  for (const port of ports) setFeed(wire, port, feedOf(port));
  for (const port of ports) port.ticks = port.params !== undefined && port.audio !== undefined && !port.feed;
  for (const port of ports) setHeard(port, isHeard(port));
}

function feedOf(port: Port): Port | undefined {
  if (port.isBusy) return undefined;
  const members = port.bridge?.members;
  if (members === undefined) return port.isEcho && canPass(port, port) ? port : undefined;
  if (members.length !== 2) return undefined;
  const other = members[0] === port ? members[1] : members[0];
  return other !== undefined && canPass(other, port) ? other : undefined;
}

function canPass(from: Port, to: Port): boolean {
  if (from.params === undefined || to.params === undefined || !from.audio || !to.audio || !from.received) return false;
  return (
    from.params.mayReceive &&
    !from.isMuted &&
    !from.talkbacks.isHeardByOthers &&
    to.params.maySend &&
    ptimeOf(from.params) === ptimeOf(to.params) &&
    (isSameCoding(from.received, to.params) || crossTable(from.received, to.params) !== undefined)
  );
}

/** What comes is what `to` takes. An fmtp of G.711 or G.722 changes nothing of the payload. */
function isSameCoding({ codec }: ReceivedFormat, to: PortParams): boolean {
  if (codec.name !== to.codec || codec.rtpClockHz !== to.rtpClockHz) return false;
  return to.codec !== "OPUS" || takesAnyOpus(to.fmtp);
}

function crossTable({ codec }: ReceivedFormat, to: PortParams): Uint8Array | undefined {
  if (codec.name === "PCMU" && to.codec === "PCMA") return PCMU_TO_PCMA;
  if (codec.name === "PCMA" && to.codec === "PCMU") return PCMA_TO_PCMU;
  return undefined;
}

function setFeed(wire: Wire, port: Port, feed: Port | undefined): void {
  if (feed === port.feed) {
    if (feed?.received !== undefined && port.params) port.crossTable = crossTable(feed.received, port.params);
    return;
  }
  if (port.feed?.passesTo === port) port.feed.passesTo = undefined;
  if (feed === undefined) {
    port.holdPackets = port.aheadPackets;
    port.aheadPackets = 0;
  } else {
    if (port.ticks && feed.isHeard) sendWaiting(wire, port, feed);
    feed.passesTo = port;
    if (feed.received !== undefined && port.params) port.crossTable = crossTable(feed.received, port.params);
    port.audio?.tx.changeSource();
  }
  port.feed = feed;
}

/** Sends `port` all of `feed`'s audio that has come and was not heard yet. */
function sendWaiting(wire: Wire, port: Port, feed: Port): void {
  const { audio } = port;
  if (audio === undefined || feed.audio === undefined || feed.audio.rxFrame.length !== audio.toFar.output.length)
    return;
  const nowMs = wire.nowMs();
  for (let i = 0; i < MOST_WAITING_FRAMES; i++) {
    if (feed.audio.receiver.pull(audio.toFar.output) !== "audio") break;
    const before = audio.tx.packets;
    pushFrame(wire, port, audio, nowMs);
    port.aheadPackets += audio.tx.packets - before;
  }
  audio.packetFill = 0;
}

function isHeard(port: Port): boolean {
  if (port.bridge === undefined) return false;
  const isSpeaking = port.params?.mayReceive === true && !port.isMuted;
  if (!isSpeaking && !port.talkbacks.isHeardByOthers) return false;
  return port.bridge.members.some((other) => other !== port && other.ticks && other.params?.maySend === true);
}

function setHeard(port: Port, heard: boolean): void {
  if (heard && !port.isHeard) port.audio?.receiver.reset();
  port.isHeard = heard;
  if (!heard) port.pulled = "silence";
}
