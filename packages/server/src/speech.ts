/** `speech.tts` of the configuration, and the synthesizer made of it. */
import { join, resolve } from "node:path";
import type { Log } from "@voepy/base";
import { makeSynthesizer, POLLY_KINDS, type Synthesizer, type SynthesizerSettings, synthesizerOf } from "@voepy/speech";
import { z } from "zod";
import type { Outside } from "./outside.ts";

const MEGABYTE = 1024 * 1024;

const httpEndpoint = z.url({ protocol: /^https?$/ });

const openai = z.strictObject({
  /** Up to and with `/v1`. */
  url: httpEndpoint.default("https://api.openai.com/v1"),
  api_key: z.string().min(1).optional(),
  model: z.string().min(1).default("gpt-4o-mini-tts"),
  voices: z
    .array(
      z.union([
        z.string().min(1),
        z.strictObject({
          name: z.string().min(1),
          language: z.string().min(2).default("mul"),
          gender: z.enum(["female", "male", "neutral"]).default("neutral"),
        }),
      ]),
    )
    .min(1)
    .default(["alloy", "ash", "coral", "echo", "fable", "nova", "onyx", "sage", "shimmer"]),
});

const polly = z.strictObject({
  region: z.string().regex(/^[a-z0-9-]+$/, "must be a region such as eu-central-1"),
  access_key_id: z.string().min(1),
  secret_access_key: z.string().min(1),
  session_token: z.string().min(1).optional(),
  url: httpEndpoint.optional(),
  /** Of voices that are named without one. */
  engine: z.enum(POLLY_KINDS).default("neural"),
});

const ttsFields = z
  .strictObject({
    /** Which one answers first where several could. */
    engine: z.enum(["auto", "embedded", "openai", "polly"]).default("auto"),
    /** Of one sentence. */
    timeout_secs: z.number().positive().max(120).default(15),
    /** Speech kept under `data_dir`/speech. */
    cache_mb: z.int().min(0).max(1_000_000).default(256),
    embedded: z.union([z.literal(false), z.strictObject({ threads: z.int().min(1).max(64).default(2) })]).prefault({}),
    openai: openai.optional(),
    polly: polly.optional(),
  })
  .refine(({ engine, ...engines }) => engine === "auto" || (engines[engine] ?? false) !== false, {
    path: ["engine"],
    error: "is not configured beside it",
  });

const SHORT: Readonly<Record<string, unknown>> = { auto: {}, off: { embedded: false } };

/** `auto`: the embedded engine alone. `off`: none, `speak` answers 501. A union would not tell which key is wrong. */
export const ttsSettings = z.preprocess((value) => SHORT[String(value)] ?? value, ttsFields).prefault("auto");

export function startSpeech(
  config: { readonly data_dir: string; readonly speech: { readonly tts: z.output<typeof ttsSettings> } },
  log: Log,
  { clock, operatorHttp, speechEngines }: Pick<Outside, "clock" | "operatorHttp" | "speechEngines">,
): Synthesizer {
  const settings = settingsOf(config.speech.tts);
  if (speechEngines !== undefined) return synthesizerOf(speechEngines, { log, ...settings });
  const folder = settings.cacheBytes === 0 ? undefined : join(resolve(config.data_dir), "speech");
  return makeSynthesizer(settings, { clock, log, http: operatorHttp, folder });
}

function settingsOf(tts: z.output<typeof ttsSettings>): SynthesizerSettings {
  const { embedded, openai: open, polly: aws } = tts;
  return {
    prefer: tts.engine,
    timeoutMs: tts.timeout_secs * 1000,
    cacheBytes: tts.cache_mb * MEGABYTE,
    embedded: embedded === false ? undefined : embedded,
    openai: open && {
      url: open.url,
      apiKey: open.api_key,
      model: open.model,
      voices: open.voices.map((voice) =>
        typeof voice === "string" ? { name: voice, language: "mul", gender: "neutral" as const } : voice,
      ),
    },
    polly: aws && {
      region: aws.region,
      accessKeyId: aws.access_key_id,
      secretAccessKey: aws.secret_access_key,
      sessionToken: aws.session_token,
      url: aws.url,
      kind: aws.engine,
    },
  };
}
