/** Speech to order: reads the request, finds the voice, and makes each part once for all who want it. */
import { createHash } from "node:crypto";
import { type Clock, CodedError, type HttpClient, type Log, messageOf } from "@voepy/base";
import { type EmbeddedSettings, makeEmbeddedEngine } from "./engine/embedded.ts";
import { makeOpenAiEngine, type OpenAiSettings } from "./engine/openai.ts";
import { makePollyEngine, type PollySettings } from "./engine/polly.ts";
import { makeSoundFolder } from "./io/sound-folder.ts";
import { makeScript } from "./script/script.ts";
import { SharedWork } from "./shared-work.ts";
import { joinSounds, makeWav, readWav, silence, withPause } from "./sound.ts";
import { SoundCache } from "./sound-cache.ts";
import { Turns } from "./turns.ts";
import type { EngineName, SpeechEngine, SpeechPart, Synthesizer, Utterance, Voice } from "./types.ts";
import { resolveVoice } from "./voice/resolve.ts";

export interface SynthesizerSettings {
  /** Which engine answers first where several could. */
  readonly prefer: EngineName | "auto";
  /** undefined: switched off. */
  readonly embedded: EmbeddedSettings | undefined;
  readonly openai: OpenAiSettings | undefined;
  readonly polly: PollySettings | undefined;
  /** Of one part, ms. */
  readonly timeoutMs: number;
  /** Kept on disk, bytes. */
  readonly cacheBytes: number;
}

export interface SynthesizerParts {
  readonly clock: Clock;
  readonly log: Log;
  /** For endpoints the operator configured: they may be private. */
  readonly http: HttpClient;
  /** Where speech is kept; absent: in memory alone. */
  readonly folder?: string | undefined;
}

/** Parts that wait for their turn, of each engine. */
const MOST_WAITING = 256;
const MEMORY_BYTES = 32 * 1024 * 1024;
/** Silence before any word has no engine's rate to follow. */
const SILENCE_RATE_HZ = 8000;

export function makeSynthesizer(settings: SynthesizerSettings, parts: SynthesizerParts): Synthesizer {
  const { embedded, openai, polly } = settings;
  const engines: SpeechEngine[] = [];
  if (embedded !== undefined) engines.push(makeEmbeddedEngine(embedded, parts));
  if (polly !== undefined) engines.push(makePollyEngine(polly, parts));
  if (openai !== undefined) engines.push(makeOpenAiEngine(openai, parts.http));
  const byPreference = engines.toSorted((a, b) => rank(a, settings.prefer) - rank(b, settings.prefer));
  return synthesizerOf(byPreference, { ...parts, timeoutMs: settings.timeoutMs, cacheBytes: settings.cacheBytes });
}

function rank(engine: SpeechEngine, prefer: EngineName | "auto"): number {
  return engine.name === prefer ? 0 : 1;
}

/** Of engines made by whoever calls, in the order of preference. */
export function synthesizerOf(
  engines: readonly SpeechEngine[],
  parts: { log: Log; folder?: string | undefined; timeoutMs: number; cacheBytes: number },
): Synthesizer {
  const workshop = new Workshop(engines, parts);
  return {
    voices: () => workshop.voices,
    prepare(request) {
      const script = makeScript(request);
      const voice = workshop.voice(request);
      const made = script.flatMap((utterance) => workshop.part(utterance, voice));
      if (made.length === 0) {
        const message = `payload holds nothing that ${voice.id} can say`;
        throw new CodedError("invalid_request", message, { param: "payload" });
      }
      return { voice, parts: made, whole: workshop.whole(made) };
    },
    counters: () => workshop.counters(),
    async close() {
      await Promise.all(engines.map((engine) => engine.close()));
    },
  };
}

class Workshop {
  readonly voices: readonly Voice[];
  readonly #engines: ReadonlyMap<EngineName, { readonly engine: SpeechEngine; readonly turns: Turns }>;
  readonly #cache: SoundCache;
  readonly #work = new SharedWork<Uint8Array>();
  readonly #log: Log;
  readonly #timeoutMs: number;
  readonly #counts = { made: 0, cached: 0, failed: 0 };

  constructor(
    engines: readonly SpeechEngine[],
    parts: { log: Log; folder?: string | undefined; timeoutMs: number; cacheBytes: number },
  ) {
    const { log, folder, timeoutMs, cacheBytes } = parts;
    this.voices = engines.flatMap((engine) => engine.voices);
    this.#engines = new Map(
      engines.map((engine) => [engine.name, { engine, turns: new Turns(engine.mostAtOnce, MOST_WAITING) }]),
    );
    this.#cache = new SoundCache(
      folder === undefined ? undefined : makeSoundFolder({ folder, maxBytes: cacheBytes, log }),
      MEMORY_BYTES,
    );
    this.#log = log;
    this.#timeoutMs = timeoutMs;
  }

  voice(request: { voice: string; language?: string | undefined }): Voice {
    if (this.voices.length === 0)
      throw new CodedError("engine_not_configured", "no engine for speech is configured (speech.tts)");
    return resolveVoice(request, this.voices);
  }

  /** None: there is neither a word in it nor silence. */
  part(utterance: Utterance, voice: Voice): SpeechPart[] {
    const { engine } = this.#of(voice);
    const phrase = engine.phrase(utterance, voice);
    const { rate, pauseMs } = utterance;
    if (phrase === "" && pauseMs === 0) return [];
    const key = keyOf([engine.name, engine.settings, voice.id, rate, pauseMs, phrase]);
    const work = (signal: AbortSignal): Promise<Uint8Array> => this.#make(key, { phrase, utterance, voice }, signal);
    return [{ key, wav: (signal) => this.#work.get(key, work, signal) }];
  }

  whole(parts: readonly SpeechPart[]): SpeechPart {
    const [only] = parts;
    if (only !== undefined && parts.length === 1) return only;
    return {
      key: keyOf(parts.map(({ key }) => key)),
      async wav(signal) {
        const sounds = [];
        for (const part of parts) sounds.push(readWav(await part.wav(signal)));
        return makeWav(joinSounds(sounds));
      },
    };
  }

  counters(): Readonly<Record<string, number>> {
    const turns = [...this.#engines.values()].map((each) => each.turns);
    return {
      parts_made: this.#counts.made,
      parts_cached: this.#counts.cached,
      parts_failed: this.#counts.failed,
      running: turns.reduce((sum, { running }) => sum + running, 0),
      waiting: turns.reduce((sum, { waiting }) => sum + waiting, 0),
    };
  }

  async #make(
    key: string,
    what: { phrase: string; utterance: Utterance; voice: Voice },
    signal: AbortSignal,
  ): Promise<Uint8Array> {
    const kept = await this.#cache.get(key);
    if (kept !== undefined) {
      this.#counts.cached++;
      return kept;
    }
    const { phrase, utterance, voice } = what;
    if (phrase === "") return makeWav(silence(utterance.pauseMs, SILENCE_RATE_HZ));
    const { engine, turns } = this.#of(voice);
    const how = { voice, rate: utterance.rate, timeoutMs: this.#timeoutMs };
    try {
      const sound = await turns.take(() => engine.synthesize(phrase, how), signal);
      if (sound.pcm.length === 0) throw new Error("the engine gave no sound");
      const wav = makeWav(withPause(sound, utterance.pauseMs));
      this.#counts.made++;
      this.#cache.put(key, wav);
      return wav;
    } catch (thrown) {
      if (signal.aborted || (thrown instanceof CodedError && thrown.code === "rate_limited")) throw thrown;
      this.#counts.failed++;
      this.#log.warn("speech cannot be made", { engine: engine.name, voice: voice.id, why: messageOf(thrown) });
      throw new CodedError("upstream_error", `${engine.name} speech failed: ${messageOf(thrown)}`, { cause: thrown });
    }
  }

  #of(voice: Voice): { engine: SpeechEngine; turns: Turns } {
    const found = this.#engines.get(voice.engine);
    if (found === undefined) throw new CodedError("engine_not_configured", `${voice.engine} speech is not configured`);
    return found;
  }
}

function keyOf(what: readonly (string | number)[]): string {
  return createHash("sha256").update(JSON.stringify(what)).digest("hex");
}
