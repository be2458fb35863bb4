/** Decodes what a fork's peer sends as files, by the same means as prompts, and keeps little of it. */
import type { DecodeFile } from "../fork/talkback.ts";
import { makePromptStore } from "./prompt-store.ts";

/** Only what is being decoded has to be kept. */
const KEPT_BYTES = 16 * 1024 * 1024;

export function makeFileDecoder(ffmpegPath: string | undefined): DecodeFile {
  const store = makePromptStore({ ffmpegPath, maxBytes: KEPT_BYTES });
  let count = 0;
  return async (bytes, rateHz) => {
    const key = String(count++);
    await store.prepare(key, bytes);
    const pcm = store.pcm(key, rateHz);
    if (pcm === undefined) throw new Error("the sound is longer than can be kept");
    return pcm;
  };
}
