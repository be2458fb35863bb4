/** Everything of a port that follows from its codec and packet time: made anew when a re-INVITE changes them. */
import type { Random } from "@voepy/base";
import { type Codec, type Encoder, findCodec } from "../codec/codec.ts";
import { type EventReceiver, makeEventReceiver } from "../dtmf/event-receiver.ts";
import { type EventPacket, type EventSender, makeEventPacket, makeEventSender } from "../dtmf/event-sender.ts";
import { makeToneSender, type ToneSender } from "../dtmf/tone-sender.ts";
import { type AudioReceiver, makeAudioReceiver } from "../jitter/audio-receiver.ts";
import { type TxState, TxStream } from "../rtp/tx-stream.ts";
import type { PortParams } from "../types.ts";
import { TICK_MS } from "./tick-clock.ts";

export interface PortAudio {
  readonly codec: Codec;
  readonly encoder: Encoder;
  readonly receiver: AudioReceiver;
  readonly tx: TxStream;
  readonly digitsIn: EventReceiver | undefined;
  readonly digitsOut: EventSender | undefined;
  readonly eventOut: EventPacket;
  /** Digits as tones, where no telephone-event was negotiated. */
  readonly tones: ToneSender;
  /** The last tick from the far end, and the next one to it. */
  readonly rxFrame: Int16Array;
  readonly txFrame: Int16Array;
  /** What a playout adds to `txFrame`. */
  readonly promptFrame: Int16Array;
  /** One packet's worth of PCM, filled by frames. */
  readonly packetPcm: Int16Array;
  packetFill: number;
}

/** Packet times we send, ms; others are brought to the nearest bound. */
const PTIME_MS = { least: 10, most: 60 };

/** Undefined when no engine knows the codec. `from` continues what was sent before. */
export function makePortAudio(params: PortParams, random: Random, from?: TxState): PortAudio | undefined {
  const codec = findCodec(params.codec);
  if (codec === undefined) return undefined;
  const ptimeMs = ptimeOf(params);
  const { telephoneEvent } = params;
  const frameSamples = samplesOf(TICK_MS, codec.sampleRateHz);
  return {
    codec,
    encoder: codec.makeEncoder(),
    receiver: makeAudioReceiver(codec),
    tx: new TxStream({ clockHz: codec.rtpClockHz, packetTicks: samplesOf(ptimeMs, codec.rtpClockHz) }, random, from),
    digitsIn: telephoneEvent && makeEventReceiver(telephoneEvent.clockRateHz),
    digitsOut: telephoneEvent && makeEventSender({ clockRateHz: telephoneEvent.clockRateHz, packetMs: ptimeMs }),
    eventOut: makeEventPacket(),
    tones: makeToneSender(codec.sampleRateHz),
    rxFrame: new Int16Array(frameSamples),
    txFrame: new Int16Array(frameSamples),
    promptFrame: new Int16Array(frameSamples),
    packetPcm: new Int16Array(samplesOf(ptimeMs, codec.sampleRateHz)),
    packetFill: 0,
  };
}

export function ptimeOf(params: PortParams): number {
  const whole = Number.isFinite(params.ptimeMs) ? Math.round(params.ptimeMs) : TICK_MS;
  return Math.min(PTIME_MS.most, Math.max(PTIME_MS.least, whole));
}

/** True when `a` and `b` need the same PortAudio. */
export function sameAudio(a: PortParams, b: PortParams): boolean {
  return (
    a.codec === b.codec &&
    a.fmtp === b.fmtp &&
    ptimeOf(a) === ptimeOf(b) &&
    a.telephoneEvent?.clockRateHz === b.telephoneEvent?.clockRateHz
  );
}

function samplesOf(durationMs: number, rateHz: number): number {
  return (durationMs * rateHz) / 1000;
}
