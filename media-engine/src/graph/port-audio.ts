/** Everything of a port that follows from its codec and packet time: made anew when a re-INVITE changes them. */
import type { Random } from "@voepy/base";
import { type Codec, type Encoder, findCodec } from "../codec/codec.ts";
import { nativeRateHz } from "../codec/packet-decoder.ts";
import { type EventReceiver, makeEventReceiver } from "../dtmf/event-receiver.ts";
import { type EventPacket, type EventSender, makeEventPacket, makeEventSender } from "../dtmf/event-sender.ts";
import { makeToneSender, type ToneSender } from "../dtmf/tone-sender.ts";
import { type AudioReceiver, makeAudioReceiver } from "../jitter/audio-receiver.ts";
import { OWN_RATE_HZ } from "../nodes/playout.ts";
import { type TxState, TxStream } from "../rtp/tx-stream.ts";
import type { PortParams } from "../types.ts";
import { FrameAdapter } from "./frame-adapter.ts";
import { TICK_MS } from "./tick-clock.ts";

export interface PortAudio {
  readonly codec: Codec;
  readonly encoder: Encoder;
  /** Gives frames at the bridge's rate. */
  receiver: AudioReceiver;
  readonly tx: TxStream;
  readonly digitsIn: EventReceiver | undefined;
  readonly digitsOut: EventSender | undefined;
  readonly eventOut: EventPacket;
  /** Digits as tones, where no telephone-event was negotiated. */
  readonly tones: ToneSender;
  /** The last tick from the far end, at the bridge's rate. */
  rxFrame: Int16Array;
  /** The next one to it: what the bridge says at its rate, what the encoder takes at its own. */
  readonly toFar: FrameAdapter;
  /** What a playout or a digit adds, from their rate to the encoder's. */
  readonly own: FrameAdapter;
  readonly ptimeMs: number;
  /** One packet's worth of PCM, filled by frames. */
  packetPcm: Int16Array;
  packetFill: number;
}

/** Packet times we send, ms; others are brought to the nearest bound. */
const PTIME_MS = { least: 10, most: 60 };

/**
 * Undefined when no engine knows the codec. `from`: what was there before; its stream goes on, and what it has received and
 * not yet played is still heard.
 */
export function makePortAudio(
  params: PortParams,
  random: Random,
  from?: { readonly tx?: TxState | undefined; readonly receiver?: AudioReceiver | undefined },
): PortAudio | undefined {
  const codec = findCodec(params.codec, params.rtpClockHz);
  if (codec === undefined) return undefined;
  const ptimeMs = ptimeOf(params);
  const { telephoneEvent } = params;
  const rateHz = nativeRateHz(codec, OWN_RATE_HZ);
  const packetTicks = samplesOf(ptimeMs, codec.rtpClockHz);
  const before = from?.receiver?.rtpClockHz === codec.rtpClockHz ? from.receiver : undefined;
  const receiver = before ?? makeAudioReceiver(codec, OWN_RATE_HZ);
  receiver.accept(params.rxPayloadType, codec);
  return {
    codec,
    encoder: codec.makeEncoder({ rateHz, fmtp: params.fmtp }),
    receiver,
    tx: new TxStream({ clockHz: codec.rtpClockHz, packetTicks }, random, from?.tx),
    digitsIn: telephoneEvent && makeEventReceiver(telephoneEvent.clockRateHz),
    digitsOut: telephoneEvent && makeEventSender({ clockRateHz: telephoneEvent.clockRateHz, packetMs: ptimeMs }),
    eventOut: makeEventPacket(),
    tones: makeToneSender(OWN_RATE_HZ),
    rxFrame: new Int16Array(samplesOf(TICK_MS, receiver.rateHz)),
    toFar: new FrameAdapter(OWN_RATE_HZ, rateHz),
    own: new FrameAdapter(OWN_RATE_HZ, rateHz),
    ptimeMs,
    packetPcm: new Int16Array(samplesOf(ptimeMs, rateHz)),
    packetFill: 0,
  };
}

/** Frames of the bridge have `bridgeHz`, those of the encoder `codecHz`. Allocates where one is another. */
export function setRates(audio: PortAudio, { bridgeHz, codecHz }: { bridgeHz: number; codecHz: number }): void {
  audio.receiver.setRate(bridgeHz);
  audio.toFar.setRates(bridgeHz, codecHz);
  audio.own.setRates(OWN_RATE_HZ, codecHz);
  audio.encoder.setRate?.(codecHz);
  const frameSamples = samplesOf(TICK_MS, bridgeHz);
  if (audio.rxFrame.length !== frameSamples) audio.rxFrame = new Int16Array(frameSamples);
  const packetSamples = samplesOf(audio.ptimeMs, codecHz);
  if (audio.packetPcm.length === packetSamples) return;
  audio.packetPcm = new Int16Array(packetSamples);
  audio.packetFill = 0;
}

/** Of the packet times the codec can be cut to, the longest that is not longer than agreed. */
export function ptimeOf(params: PortParams): number {
  const whole = Number.isFinite(params.ptimeMs) ? Math.round(params.ptimeMs) : TICK_MS;
  const wanted = Math.min(PTIME_MS.most, Math.max(PTIME_MS.least, whole));
  const possible = findCodec(params.codec, params.rtpClockHz)?.packetTimesMs;
  return possible?.findLast((ptimeMs) => ptimeMs <= wanted) ?? wanted;
}

/** True when `a` and `b` need the same PortAudio. */
export function sameAudio(a: PortParams, b: PortParams): boolean {
  return (
    a.codec === b.codec &&
    a.rtpClockHz === b.rtpClockHz &&
    a.fmtp === b.fmtp &&
    ptimeOf(a) === ptimeOf(b) &&
    a.telephoneEvent?.clockRateHz === b.telephoneEvent?.clockRateHz
  );
}

function samplesOf(durationMs: number, rateHz: number): number {
  return (durationMs * rateHz) / 1000;
}
