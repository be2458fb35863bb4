/** A decoder that gives any of our rates, by itself where the codec can, else by conversion. */
import { RateConverter } from "../dsp/rate-converter.ts";
import type { Codec, Decoder } from "./codec.ts";

export const LONGEST_PACKET_MS = 120;

export class PacketDecoder {
  readonly codec: Codec;
  /** The last result. */
  pcm = new Int16Array(0);
  readonly #decoder: Decoder;
  #converter: RateConverter | undefined;
  /** At the codec's rate, where that is another. */
  #decoded = new Int16Array(0);

  constructor(codec: Codec, rateHz: number) {
    this.codec = codec;
    this.#decoder = codec.makeDecoder({ rateHz: nativeRateHz(codec, rateHz) });
    this.setRate(rateHz);
  }

  /** From now on at `rateHz`; the sound goes on. Allocates. */
  setRate(rateHz: number): void {
    const fromHz = nativeRateHz(this.codec, rateHz);
    this.#decoder.setRate?.(fromHz);
    this.pcm = new Int16Array((LONGEST_PACKET_MS * rateHz) / 1000);
    this.#converter = fromHz === rateHz ? undefined : new RateConverter(fromHz, rateHz, LONGEST_PACKET_MS);
    this.#decoded = fromHz === rateHz ? this.pcm : new Int16Array((LONGEST_PACKET_MS * fromHz) / 1000);
  }

  /** Decodes a payload to `pcm`. Returns samples written. Never allocates, never throws. */
  decode(bytes: Uint8Array, offset: number, size: number): number {
    return this.#convert(this.#decoder.decode(bytes, offset, size, this.#decoded));
  }

  /** True when the codec fills gaps better than repeated pitch periods would. */
  get conceals(): boolean {
    return this.#decoder.conceal !== undefined && this.#converter === undefined;
  }

  /** As `Decoder.conceal`, to `pcm`; 0 when the codec does not do it. */
  conceal(bytes: Uint8Array, offset: number, size: number, samples: number): number {
    return this.#decoder.conceal?.(bytes, offset, size, { samples, out: this.pcm }) ?? 0;
  }

  #convert(samples: number): number {
    return this.#converter === undefined ? samples : this.#converter.process(this.#decoded, samples, this.pcm);
  }
}

/** The rate at which `codec` works for sound at `rateHz`: no higher than needed. */
export function nativeRateHz(codec: Codec, rateHz: number): number {
  return codec.ratesHz.find((own) => own <= rateHz) ?? codec.ratesHz.at(-1) ?? codec.sampleRateHz;
}
