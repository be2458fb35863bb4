/** A far end of any codec: speaks PCM into a rig and listens to what its port sends. */
import { type Codec, findCodec } from "../src/codec/codec.ts";
import type { Port } from "../src/graph/port.ts";
import type { MediaCodecName, PortParams } from "../src/types.ts";
import { FarEnd, pcmuParams, type Rig } from "./rig.ts";

export interface Spoken {
  readonly codec: MediaCodecName;
  readonly rtpClockHz: number;
  readonly payloadType: number;
}

export const SPOKEN = {
  PCMU: { codec: "PCMU", rtpClockHz: 8000, payloadType: 0 },
  PCMA: { codec: "PCMA", rtpClockHz: 8000, payloadType: 8 },
  G722: { codec: "G722", rtpClockHz: 8000, payloadType: 9 },
  OPUS: { codec: "OPUS", rtpClockHz: 48_000, payloadType: 96 },
  "L16/16000": { codec: "L16", rtpClockHz: 16_000, payloadType: 97 },
  "L16/8000": { codec: "L16", rtpClockHz: 8000, payloadType: 98 },
} as const satisfies Record<string, Spoken>;

export function paramsOf(spoken: Spoken, udpPort: number, more: Partial<PortParams> = {}): PortParams {
  const { codec, rtpClockHz, payloadType } = spoken;
  return pcmuParams(udpPort, { codec, rtpClockHz, txPayloadType: payloadType, rxPayloadType: payloadType, ...more });
}

/** Undefined where this machine cannot code it. */
export function engineOf(spoken: Spoken): Codec | undefined {
  const codec = findCodec(spoken.codec, spoken.rtpClockHz);
  return codec?.rtpClockHz === spoken.rtpClockHz ? codec : undefined;
}

export class Talker {
  readonly port: Port;
  readonly farEnd: FarEnd;
  readonly packetMs: number;
  #spoken: Spoken;
  #encoder: ReturnType<Codec["makeEncoder"]>;
  readonly #packet = new Uint8Array(1500);

  constructor(port: Port, spoken: Spoken, packetMs = 20) {
    this.port = port;
    this.farEnd = new FarEnd(port.params?.remote.udpPort ?? 0);
    this.packetMs = packetMs;
    this.#spoken = spoken;
    this.#encoder = this.codec.makeEncoder();
  }

  get codec(): Codec {
    const codec = engineOf(this.#spoken);
    if (codec === undefined) throw new Error(`${this.#spoken.codec} cannot be coded here`);
    return codec;
  }

  /** Speaks another codec from now on, on the same stream. */
  change(spoken: Spoken): void {
    this.#spoken = spoken;
    this.#encoder = this.codec.makeEncoder();
  }

  /** The next packet: of `sound`, which gives the sample at a time in seconds. */
  say(rig: Rig, sound: (seconds: number) => number, fromMs: number): void {
    const { sampleRateHz, rtpClockHz } = this.codec;
    const pcm = Int16Array.from({ length: (sampleRateHz * this.packetMs) / 1000 }, (_, i) =>
      Math.round(sound(fromMs / 1000 + i / sampleRateHz)),
    );
    const size = this.#encoder.encode(pcm, 0, this.#packet);
    rig.arrive(this.port, this.farEnd.packet(this.#packet.slice(0, size), this.#spoken.payloadType), this.farEnd);
    this.farEnd.rtpTimestamp = (this.farEnd.rtpTimestamp + (rtpClockHz * this.packetMs) / 1000) >>> 0;
  }

  /** All it has heard, at its codec's rate. `from`: the first packet. */
  heard(rig: Rig, from = 0): Int16Array {
    const { codec } = this;
    const decoder = codec.makeDecoder();
    const frame = new Int16Array((codec.sampleRateHz * 120) / 1000);
    const pieces = rig
      .sentBy(this.port)
      .slice(from)
      .flatMap(({ payload, payloadType }) => {
        if (payloadType !== this.#spoken.payloadType) return [];
        return [...frame.subarray(0, decoder.decode(payload, 0, payload.length, frame))];
      });
    return Int16Array.from(pieces);
  }
}

export const tone =
  (frequencyHz: number, amplitude = 8000) =>
  (seconds: number): number =>
    amplitude * Math.sin(2 * Math.PI * frequencyHz * seconds);

/** Lets all talk for `ms`, each its own sound. */
export function converse(
  rig: Rig,
  parties: readonly { readonly talker: Talker; readonly sound: (seconds: number) => number }[],
  ms: number,
): void {
  const begin = rig.nowMs;
  for (let at = 0; at < ms; at += 10) {
    for (const { talker, sound } of parties) if (at % talker.packetMs === 0) talker.say(rig, sound, rig.nowMs);
    rig.run(begin + at + 10 - rig.nowMs);
  }
}
