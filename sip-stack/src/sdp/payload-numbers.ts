/** Which numbers our offers use. Within a session a number never changes its meaning (RFC 3264 §8.3.2). */
import { type CodecText, TELEPHONE_EVENT_TYPES } from "./codecs.ts";
import { type Format, formatsOf } from "./formats.ts";
import type { MediaSection } from "./parse.ts";

export class PayloadNumbers {
  readonly #before: readonly Format[];
  readonly #taken: Set<number>;

  /** `before`: our audio section of the description in force, if any. */
  constructor(before: MediaSection | undefined) {
    this.#before = before === undefined ? [] : formatsOf(before);
    this.#taken = new Set(this.#before.map((format) => format.payloadType));
  }

  codec(codec: CodecText): number {
    const known = this.#before.find((format) => format.codec === codec);
    return known?.payloadType ?? codec.staticPayloadType ?? this.#free(codec.offeredPayloadType);
  }

  telephoneEvent(clockRateHz: number): number {
    const known = this.#before.find((format) => format.isTelephoneEvent && format.clockRateHz === clockRateHz);
    return known?.payloadType ?? this.#free(TELEPHONE_EVENT_TYPES.get(clockRateHz) ?? 101);
  }

  /** The wished number, or the next that stands for nothing; 96–127 are for such use (RFC 3551 §3). */
  #free(wished: number): number {
    let number = wished;
    while (this.#taken.has(number)) number = number === 127 ? 96 : number + 1;
    this.#taken.add(number);
    return number;
  }
}
