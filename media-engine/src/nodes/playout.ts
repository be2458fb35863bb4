/**
 * A port's queue of prompts: one after the other without a gap, each as often as asked. A prompt is PCM decoded long before
 * or a tone made on the spot.
 */
import { ToneGenerator } from "../dsp/tone.ts";
import type { PlayoutStop, ToneSpec } from "../types.ts";

/** All sounds of our own are made at it: prompts are kept so, and no tone needs more. */
export const OWN_RATE_HZ = 8000;

export interface PlayoutItem {
  readonly prompt: string;
  /** `pcm`: mono at `OWN_RATE_HZ`, over a SharedArrayBuffer, as the prompt store made it. `missing`: ends as `failed`. */
  readonly source:
    | { readonly type: "pcm"; readonly pcm: Int16Array }
    | { readonly type: "tone"; readonly tone: ToneSpec }
    | { readonly type: "missing"; readonly error: string };
  /** 1–100, 0: endless. */
  readonly loop: number;
}

type EndReason = "completed" | "cancelled" | "failed" | "closed";

/** Every item that was enqueued ends once; it starts at most once before. */
export type PlayoutReport =
  | { readonly type: "started"; readonly prompt: string }
  | {
      readonly type: "ended";
      readonly prompt: string;
      readonly reason: EndReason;
      readonly error?: string | undefined;
    };

/** Makes the sound of one item, round after round. */
interface Voice {
  /** Writes to `out[from ..]`; returns samples written, fewer than fit at the end of a round. */
  write(from: number, out: Int16Array): number;
  rewind(): void;
}

export class Playout {
  readonly #sampleRateHz: number;
  readonly #report: (report: PlayoutReport) => void;
  #queue: PlayoutItem[] = [];
  #current: PlayoutItem | undefined;
  #voice: Voice | undefined;
  #roundsDone = 0;
  #samplesInRound = 0;

  /** `report` is called from within the methods, at the first and after the last sample of a prompt. */
  constructor(sampleRateHz: number, report: (report: PlayoutReport) => void) {
    this.#sampleRateHz = sampleRateHz;
    this.#report = report;
  }

  enqueue(item: PlayoutItem): void {
    this.#queue.push(item);
  }

  stop(which: PlayoutStop): void {
    if (typeof which !== "string" && this.#current?.prompt !== which.prompt) {
      const at = this.#queue.findIndex(({ prompt }) => prompt === which.prompt);
      if (at === -1) return;
      this.#queue.splice(at, 1);
      this.#report({ type: "ended", prompt: which.prompt, reason: "cancelled" });
      return;
    }
    const dropped =
      which === "all" ? this.#queue.splice(0) : this.#current === undefined ? this.#queue.splice(0, 1) : [];
    if (this.#current !== undefined) this.#end(this.#current, "cancelled");
    for (const { prompt } of dropped) this.#report({ type: "ended", prompt, reason: "cancelled" });
  }

  close(): void {
    const dropped = this.#queue.splice(0);
    if (this.#current !== undefined) this.#end(this.#current, "closed");
    for (const { prompt } of dropped) this.#report({ type: "ended", prompt, reason: "closed" });
  }

  get isIdle(): boolean {
    return this.#current === undefined && this.#queue.length === 0;
  }

  /** For the description of the audio path. */
  describe(): string {
    return `playout(${this.#queue.length + (this.#current === undefined ? 0 : 1)} queued)`;
  }

  /**
   * Once a tick: overwrites `out` and returns true while something plays; returns false and leaves `out` alone otherwise.
   * A frame in which the last prompt ends is filled up with silence. Allocates only when a prompt begins or ends.
   */
  fill(out: Int16Array): boolean {
    let at = 0;
    while (at < out.length) {
      if (this.#voice === undefined && !this.#beginNext()) break;
      at += this.#play(at, out);
    }
    if (at === 0) return false;
    if (at < out.length) out.fill(0, at);
    return true;
  }

  /** Plays the current round on; at its end begins the next one or ends the item. */
  #play(from: number, out: Int16Array): number {
    const item = this.#current;
    const voice = this.#voice;
    if (item === undefined || voice === undefined) return 0;
    const written = voice.write(from, out);
    this.#samplesInRound += written;
    if (from + written === out.length) return written;
    this.#roundsDone++;
    // A round without a sample would be repeated for ever inside one tick.
    const isDone = this.#samplesInRound === 0 || (item.loop !== 0 && this.#roundsDone >= item.loop);
    this.#samplesInRound = 0;
    if (isDone) this.#end(item, "completed");
    else voice.rewind();
    return written;
  }

  #beginNext(): boolean {
    for (;;) {
      const item = this.#queue.shift();
      if (item === undefined) return false;
      this.#current = item;
      if (item.source.type === "missing") {
        this.#end(item, "failed", item.source.error);
        continue;
      }
      this.#voice = voiceOf(item.source, this.#sampleRateHz);
      this.#roundsDone = 0;
      this.#samplesInRound = 0;
      this.#report({ type: "started", prompt: item.prompt });
      return true;
    }
  }

  #end({ prompt }: PlayoutItem, reason: EndReason, error?: string): void {
    this.#current = undefined;
    this.#voice = undefined;
    this.#report({ type: "ended", prompt, reason, error });
  }
}

function voiceOf(source: Exclude<PlayoutItem["source"], { type: "missing" }>, sampleRateHz: number): Voice {
  return source.type === "tone" ? new ToneGenerator(source.tone, sampleRateHz) : new PcmVoice(source.pcm);
}

class PcmVoice implements Voice {
  readonly #pcm: Int16Array;
  #position = 0;

  constructor(pcm: Int16Array) {
    this.#pcm = pcm;
  }

  write(from: number, out: Int16Array): number {
    const count = Math.min(out.length - from, this.#pcm.length - this.#position);
    for (let i = 0; i < count; i++) out[from + i] = this.#pcm[this.#position + i]!;
    this.#position += count;
    return count;
  }

  rewind(): void {
    this.#position = 0;
  }
}

/** `report` is called from within the methods, at the first and after the last sample of a prompt. */
export function makePlayout(sampleRateHz: number, report: (report: PlayoutReport) => void): Playout {
  return new Playout(sampleRateHz, report);
}
