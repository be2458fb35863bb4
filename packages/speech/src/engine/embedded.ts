/** The embedded engine: flite as WebAssembly in threads of its own. English, no network, no key. */
import type { Clock, Log } from "@voepy/base";
import { englishText } from "../script/english.ts";
import { beginsAtOnce, readWav } from "../sound.ts";
import type { SpeechEngine, Voice } from "../types.ts";
import { FlitePool } from "../worker/flite-pool.ts";

/** The best of each kind first. */
const VOICES: readonly Voice[] = [
  { id: "Flite.slt", engine: "embedded", language: "en-US", gender: "female" },
  { id: "Flite.rms", engine: "embedded", language: "en-US", gender: "male" },
  { id: "Flite.awb", engine: "embedded", language: "en-GB", gender: "male" },
  { id: "Flite.kal16", engine: "embedded", language: "en-US", gender: "male" },
  { id: "Flite.kal", engine: "embedded", language: "en-US", gender: "male" },
];

export interface EmbeddedSettings {
  /** Started when they are first needed. */
  readonly threads: number;
}

export function makeEmbeddedEngine(settings: EmbeddedSettings, parts: { clock: Clock; log: Log }): SpeechEngine {
  const pool = new FlitePool({ ...parts, threads: settings.threads });
  return {
    name: "embedded",
    voices: VOICES,
    settings: "flite-2.3",
    mostAtOnce: settings.threads,
    phrase: (utterance) => englishText(utterance),
    async synthesize(text, { voice, rate, timeoutMs }) {
      const name = voice.id.slice("Flite.".length);
      return beginsAtOnce(readWav(await pool.run({ voice: name, text, stretch: 1 / rate }, timeoutMs)));
    },
    close: () => pool.close(),
  };
}
