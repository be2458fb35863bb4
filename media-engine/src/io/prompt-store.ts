/** The prompt store with its edges: ffmpeg for what is not WAV, and turns of the event loop between slices of work. */
import { setImmediate as breathe } from "node:timers/promises";
import { type DecodeOther, PromptStore } from "../nodes/prompt-store.ts";
import { decodeByFfmpeg } from "./ffmpeg.ts";

/** Of ffmpeg at the same time; more wait for their turn. */
const MOST_AT_ONCE = 4;

/** `ffmpegPath` default: `ffmpeg` on PATH. `maxBytes`: PCM kept in all, default 256 MiB. */
export function makePromptStore(options: {
  readonly ffmpegPath?: string | undefined;
  readonly maxBytes?: number | undefined;
}): PromptStore {
  return new PromptStore({
    maxBytes: options.maxBytes,
    breathe: () => breathe(),
    decodeOther: inTurns((bytes, sampleRateHz) =>
      decodeByFfmpeg(bytes, { sampleRateHz, ffmpegPath: options.ffmpegPath }),
    ),
  });
}

/** As `decode`, but no more than `MOST_AT_ONCE` at once. */
function inTurns(decode: DecodeOther): DecodeOther {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (bytes, sampleRateHz) => {
    if (running >= MOST_AT_ONCE) await new Promise<void>((begin) => waiting.push(begin));
    running++;
    try {
      return await decode(bytes, sampleRateHz);
    } finally {
      running--;
      waiting.shift()?.();
    }
  };
}
