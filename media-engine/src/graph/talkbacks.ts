/**
 * What forks' peers say into a port: heard by its far end, by those it is bridged with as if the far end had said it, or by
 * both. No step allocates or throws, but for the first frame of a rate.
 */
import { mixInto } from "../dsp/mix.ts";
import type { TalkbackReader } from "../fork/talkback-ring.ts";
import type { ForkRequest } from "../types.ts";

export type TalkbackTarget = NonNullable<ForkRequest["talkback"]>["target"];

export interface PortTalkback {
  readonly stream: string;
  readonly ring: SharedArrayBuffer;
  readonly target: TalkbackTarget;
  readonly reader: TalkbackReader;
}

/** Of one port. */
export class Talkbacks {
  readonly list: PortTalkback[] = [];
  /** This tick there is something to be added to what the far end hears. */
  hasOwn = false;
  #own = new Int16Array(0);
  #piece = new Int16Array(0);

  /** Somebody else than the far end may hear one. */
  get isHeardByOthers(): boolean {
    return this.list.some(({ target }) => target !== "self");
  }

  /** Once a tick, after the port's own audio was pulled to `rxFrame`. True when something was added to it. */
  pull(rxFrame: Int16Array): boolean {
    const samples = rxFrame.length;
    if (this.#piece.length !== samples) {
      this.#piece = new Int16Array(samples);
      this.#own = new Int16Array(samples);
    }
    this.hasOwn = false;
    let isSpeaking = false;
    for (let i = 0; i < this.list.length; i++) {
      const { reader, target } = this.list[i]!;
      if (!reader.fill(this.#piece)) continue;
      if (target !== "self") {
        mixInto(this.#piece, rxFrame);
        isSpeaking = true;
      }
      if (target === "opposite") continue;
      if (this.hasOwn) mixInto(this.#piece, this.#own);
      else this.#own.set(this.#piece);
      this.hasOwn = true;
    }
    return isSpeaking;
  }

  addTo(frame: Int16Array): void {
    if (this.hasOwn) mixInto(this.#own, frame);
  }
}
