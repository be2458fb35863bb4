/** Room for a frame that is made at one rate and wanted at another. */
import { RateConverter } from "../dsp/rate-converter.ts";
import { TICK_MS } from "./tick-clock.ts";

export class FrameAdapter {
  /** To be filled, at the first rate. */
  input: Int16Array;
  /** After `convert`, at the second rate: the same memory where both are equal. */
  output: Int16Array;
  #converter: RateConverter | undefined;

  constructor(fromHz: number, toHz: number) {
    this.input = frameAt(fromHz);
    this.output = this.input;
    this.#fit(fromHz, toHz);
  }

  /** Changes the rates. Allocates when one is another. */
  setRates(fromHz: number, toHz: number): void {
    if (this.input.length === samplesAt(fromHz) && this.output.length === samplesAt(toHz)) return;
    this.input = frameAt(fromHz);
    this.#fit(fromHz, toHz);
  }

  /** Never allocates, never throws. */
  convert(): void {
    this.#converter?.process(this.input, this.input.length, this.output);
  }

  #fit(fromHz: number, toHz: number): void {
    this.output = fromHz === toHz ? this.input : frameAt(toHz);
    this.#converter = fromHz === toHz ? undefined : new RateConverter(fromHz, toHz, TICK_MS);
  }
}

function frameAt(rateHz: number): Int16Array {
  return new Int16Array(samplesAt(rateHz));
}

function samplesAt(rateHz: number): number {
  return (rateHz * TICK_MS) / 1000;
}
