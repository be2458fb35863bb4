/** Digits as tones in the sound itself, where no telephone-event was negotiated (ITU-T Q.23, Q.24). */
import { ToneGenerator } from "../dsp/tone.ts";
import type { ToneSpec } from "../types.ts";
import { frequenciesOf, GAP_MS, type Press, parsePresses } from "./digits.ts";

/** A frequency's level; both together stay below the -3 dBm0 that carriers allow. */
const LEVEL_DBM0 = -7;

interface Tone {
  readonly generator: ToneGenerator;
  readonly isLast: boolean;
}

export class ToneSender {
  readonly #sampleRateHz: number;
  #queue: Tone[] = [];
  #completed = 0;

  constructor(sampleRateHz: number) {
    this.#sampleRateHz = sampleRateHz;
  }

  /** As EventSender's. */
  enqueue(digits: string, durationMs: number): void {
    for (const press of parsePresses(digits, durationMs))
      this.#queue.push({ generator: new ToneGenerator(specOf(press), this.#sampleRateHz), isLast: press.isLast });
  }

  get isIdle(): boolean {
    return this.#queue.length === 0;
  }

  /** As EventSender's. */
  takeCompleted(): number {
    const completed = this.#completed;
    this.#completed = 0;
    return completed;
  }

  clear(): void {
    this.#queue = [];
  }

  /**
   * Once a tick. True: `out` was overwritten with tone or the silence around it. False: nothing to send, `out` is
   * untouched. Never allocates, never throws.
   */
  fill(out: Int16Array): boolean {
    let at = 0;
    while (at < out.length) {
      const tone = this.#queue[0];
      if (tone === undefined) break;
      at += tone.generator.write(at, out);
      if (at === out.length) return true;
      this.#queue.shift();
      if (tone.isLast) this.#completed++;
    }
    if (at > 0) out.fill(0, at);
    return at > 0;
  }
}

function specOf({ event, durationMs }: Press): ToneSpec {
  const silence = { frequenciesHz: [], levelDbm0: 0 };
  if (event < 0) return { segments: [{ ...silence, durationMs }], repeat: false };
  const tone = { frequenciesHz: frequenciesOf(event), levelDbm0: LEVEL_DBM0, durationMs };
  return { segments: [tone, { ...silence, durationMs: GAP_MS }], repeat: false };
}

export function makeToneSender(sampleRateHz: number): ToneSender {
  return new ToneSender(sampleRateHz);
}
