/** Signatures; see below. */
import type { PreparedPrompt } from "../types.ts";

export interface PromptStore {
  /** As MediaPool.preparePrompt. Calls with the same key while one is running share it. */
  prepare(key: string, bytes: Uint8Array): Promise<PreparedPrompt>;
  has(key: string): boolean;
  /** Mono PCM over a SharedArrayBuffer (posting it to a worker copies nothing). Undefined: not prepared, or dropped for room. */
  pcm(key: string, sampleRateHz: number): Int16Array | undefined;
}

/** `maxBytes`: PCM kept in all, the least recently used go first. Default 256 MiB. */
export declare function makePromptStore(options: {
  ffmpegPath?: string | undefined;
  maxBytes?: number | undefined;
}): PromptStore;
