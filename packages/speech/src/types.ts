/**
 * Speech as the rest of voepy sees it: a request is checked at once, its sentences are synthesised one by one as they are
 * asked for, and each comes back as a WAV file under a key that says what is in it.
 */
export type EngineName = "embedded" | "openai" | "polly";

export type Gender = "female" | "male" | "neutral";

export interface Voice {
  /** As `speak` takes it: `Flite.slt`, `Polly.Joanna`, `OpenAI.alloy`. */
  readonly id: string;
  readonly engine: EngineName;
  /** BCP 47; `mul`: whatever language the text is in. */
  readonly language: string;
  readonly gender: Gender;
}

export interface SpeechRequest {
  readonly payload: string;
  readonly payloadType: "text" | "ssml";
  /** A voice's id in any case, `AWS.Polly.…`, or `female` or `male`. */
  readonly voice: string;
  /** BCP 47. Decides where the voice leaves it open. */
  readonly language?: string | undefined;
}

/** A stretch of a speech that is synthesised and kept by itself: a sentence or a few. */
export interface SpeechPart {
  /** Equal keys sound equal: engine, settings, voice, words, rate and pause are in it. */
  readonly key: string;
  /**
   * Rejects with CodedError `upstream_error` and the reason when the engine fails or is too slow, `rate_limited` when too
   * many wait, and with the signal's reason when it is aborted. What others still want goes on.
   */
  wav(signal: AbortSignal): Promise<Uint8Array>;
}

export interface Speech {
  readonly voice: Voice;
  /** In order; never empty. */
  readonly parts: readonly SpeechPart[];
  /** All of it as one file, for what is played over and over. */
  readonly whole: SpeechPart;
}

export interface Synthesizer {
  /** Those that can be asked for by name now. */
  voices(): readonly Voice[];
  /**
   * Reads and checks a request; nothing is synthesised yet. Throws CodedError `invalid_request` for SSML that cannot be
   * read (naming the place) or text without a word, `voice_not_available` naming what there is.
   */
  prepare(request: SpeechRequest): Speech;
  /** Parts made, found in the cache, failed; now running and waiting. */
  counters(): Readonly<Record<string, number>>;
  close(): Promise<void>;
}

/** Mono 16-bit PCM. */
export interface Sound {
  readonly sampleRateHz: number;
  readonly pcm: Int16Array;
}

/** How a stretch of text is to be read where its letters alone do not say (SSML `say-as`). */
export interface SayAs {
  readonly as: "digits" | "telephone" | "characters" | "cardinal" | "ordinal" | "date";
  /** For dates: an order such as `mdy`. */
  readonly format: string;
}

export interface Piece {
  readonly text: string;
  readonly sayAs?: SayAs | undefined;
}

/** What is spoken in one breath, at one rate. */
export interface Utterance {
  /** Empty: silence alone. */
  readonly pieces: readonly Piece[];
  /** 1: the voice's own. 0.2–3. */
  readonly rate: number;
  /** Silence after it, ms. */
  readonly pauseMs: number;
}

/** One way to make speech. */
export interface SpeechEngine {
  readonly name: EngineName;
  readonly voices: readonly Voice[];
  /** What else shapes its sound (a model's name): part of every key. */
  readonly settings: string;
  /** Calls of `synthesize` it takes at the same time. */
  readonly mostAtOnce: number;
  /** The utterance in the engine's own words or markup; empty when there is nothing in it that it can speak. */
  phrase(utterance: Utterance, voice: Voice): string;
  /** `phrase` is what `phrase()` gave. Rejects with an Error that says why not; gives up by itself after `timeoutMs`. */
  synthesize(phrase: string, how: { voice: Voice; rate: number; timeoutMs: number }): Promise<Sound>;
  close(): Promise<void>;
}
