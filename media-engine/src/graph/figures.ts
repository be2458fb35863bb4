/** What a port tells of itself: its figures in both directions, and what is wrong with its media. */
import { meanOpinion } from "../rtcp/e-model.ts";
import type { RxReport } from "../rtp/rx-stream.ts";
import type { LegStats, MediaCodecName, MediaWarning } from "../types.ts";
import type { Port } from "./port.ts";

/** So many packets expected since the report before make an opinion. */
const OPINION_PACKETS = 100;
const LOW_OPINION = 3;
/** So long a far end may be silent before it is missed, ms: at first, and later (it may be a pause without packets). */
const FIRST_SILENCE_MS = 5000;
const LATER_SILENCE_MS = 10_000;
/** Packets of strangers since the report before. */
const FOREIGN_PACKETS = 50;
/** Reports in a row of a far end that hears nothing. */
const DEAF_REPORTS = 2;
/** What the far end's own jitter buffer is taken to hold, ms. */
const FAR_BUFFER_MS = 40;

export function figuresOf(port: Port): LegStats {
  const { rx, audio, rtcp, params } = port;
  const { remote } = rtcp;
  const discarded = port.rxUnfit + (audio?.receiver.figures.discarded ?? 0);
  const clockHz = params?.rtpClockHz ?? 8000;
  const sent = audio?.tx.packets ?? 0;
  return {
    rxPackets: rx.packets,
    rxBytes: rx.bytes,
    rxLost: rx.lost,
    rxDiscarded: discarded,
    rxJitterMs: rx.jitterMs,
    rxMos: opinion(port, rx.lost + (audio?.receiver.figures.discarded ?? 0), rx.packets + rx.lost),
    txPackets: sent,
    txBytes: audio?.tx.bytes ?? 0,
    txLost: remote?.lost,
    txJitterMs: remote && (remote.jitterTicks * 1000) / clockHz,
    txMos: remote && params && farOpinion(port, params.codec, sent === 0 ? 0 : (100 * remote.lost) / sent),
    roundTripMs: rtcp.roundTripMs,
    rxForeign: port.rxForeign,
    ssrc: audio?.tx.ssrc ?? 0,
    path: port.path,
    describe: port.describe(),
  };
}

/** What is wrong now; `heard`: since the report before. */
export function troubleOf(port: Port, heard: RxReport | undefined, nowMs: number): MediaWarning[] {
  const { params, rx } = port;
  const found: MediaWarning[] = [];
  if (params === undefined) return found;
  if (params.mayReceive) {
    const silentMs = nowMs - Math.max(rx.lastMs, port.listeningSinceMs);
    if (rx.packets === 0 && silentMs >= FIRST_SILENCE_MS) found.push("no_rtp");
    else if (rx.packets > 0 && params.maySend && silentMs >= LATER_SILENCE_MS) found.push("one_way");
  }
  if (params.maySend && rx.packets > 0 && port.rtcp.deafReports >= DEAF_REPORTS && !found.includes("one_way"))
    found.push("one_way");
  if (isLow(port, heard)) found.push("low_mos");
  if (port.rxForeign - port.foreignReported >= FOREIGN_PACKETS) found.push("wrong_source");
  port.foreignReported = port.rxForeign;
  return found;
}

/** Either way, over the last report's time. */
function isLow(port: Port, heard: RxReport | undefined): boolean {
  const discarded = port.audio?.receiver.figures.discarded ?? 0;
  const late = discarded - port.discardedReported;
  port.discardedReported = discarded;
  const { remote } = port.rtcp;
  if (remote !== undefined && port.params !== undefined) {
    const said = farOpinion(port, port.params.codec, remote.fractionLost * 100);
    if (said < LOW_OPINION && (port.audio?.tx.packets ?? 0) > OPINION_PACKETS) return true;
  }
  if (heard === undefined || heard.expectedNow < OPINION_PACKETS) return false;
  const opinionNow = opinion(port, heard.lostNow + Math.max(0, late), heard.expectedNow);
  return opinionNow !== undefined && opinionNow < LOW_OPINION;
}

function opinion(port: Port, missing: number, expected: number): number | undefined {
  const { received, audio, rtcp, params } = port;
  if (received === undefined || params === undefined || expected === 0) return undefined;
  const bufferMs = port.isHeard ? (audio?.receiver.figures.targetMs ?? 0) : 0;
  const delayMs = (rtcp.roundTripMs ?? 0) / 2 + params.ptimeMs + bufferMs;
  return meanOpinion(received.codec.name, Math.min(100, (100 * missing) / expected), delayMs);
}

function farOpinion(port: Port, codec: MediaCodecName, lossPct: number): number {
  const delayMs = (port.rtcp.roundTripMs ?? 0) / 2 + (port.params?.ptimeMs ?? 0) + FAR_BUFFER_MS;
  return meanOpinion(codec, Math.min(100, lossPct), delayMs);
}
