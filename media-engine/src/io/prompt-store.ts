/** The prompt store with its edges: ffmpeg for what is not WAV, and turns of the event loop between slices of work. */
import { setImmediate as breathe } from "node:timers/promises";
import { PromptStore } from "../nodes/prompt-store.ts";
import { decodeByFfmpeg } from "./ffmpeg.ts";

/** `ffmpegPath` default: `ffmpeg` on PATH. `maxBytes`: PCM kept in all, default 256 MiB. */
export function makePromptStore(options: {
  readonly ffmpegPath?: string | undefined;
  readonly maxBytes?: number | undefined;
}): PromptStore {
  return new PromptStore({
    maxBytes: options.maxBytes,
    breathe: () => breathe(),
    decodeOther: (bytes, sampleRateHz) => decodeByFfmpeg(bytes, { sampleRateHz, ffmpegPath: options.ffmpegPath }),
  });
}
