/** Signatures; see below. */
import type { ToneSpec } from "../types.ts";

export interface PlayoutItem {
  readonly prompt: string;
  /** `pcm`: mono at the port's rate, over a SharedArrayBuffer, as the prompt store made it. */
  readonly source:
    | { readonly type: "pcm"; readonly pcm: Int16Array }
    | { readonly type: "tone"; readonly tone: ToneSpec }
    | { readonly type: "missing"; readonly error: string };
  /** 1–100, 0: endless. */
  readonly loop: number;
}

export type PlayoutReport =
  | { readonly type: "started"; readonly prompt: string }
  | {
      readonly type: "ended";
      readonly prompt: string;
      readonly reason: "completed" | "cancelled" | "failed" | "closed";
      readonly error?: string | undefined;
    };

export interface Playout {
  enqueue(item: PlayoutItem): void;
  stop(which: "current" | "all"): void;
  /** Ends everything as `closed`. */
  close(): void;
  /**
   * Once a tick: overwrites `out` and returns true while something plays; returns false and leaves `out` alone otherwise.
   * Allocates nothing but a report when a prompt begins or ends.
   */
  fill(out: Int16Array): boolean;
  readonly isIdle: boolean;
  /** For the description of the audio path: `playout(2 queued)`. */
  describe(): string;
}

export declare function makePlayout(sampleRateHz: number, report: (report: PlayoutReport) => void): Playout;
