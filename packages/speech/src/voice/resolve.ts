/** Which voice a request means: the one it names, or the nearest there is to what that name promises. */
import { CodedError } from "@voepy/base";
import type { EngineName, Gender, SpeechRequest, Voice } from "../types.ts";
import { POLLY_VOICES, readPollyName } from "./polly-voices.ts";

const DEFAULT_LANGUAGE = "en-US";

/**
 * `available` in the order of preference. Throws CodedError `voice_not_available` for a voice nobody has, and for a
 * language none of the voices speaks.
 */
export function resolveVoice(request: Pick<SpeechRequest, "voice" | "language">, available: readonly Voice[]): Voice {
  const { language } = request;
  const name = request.voice.trim().toLowerCase();
  if (language !== undefined && !available.some((voice) => speaks(voice, language)))
    throw notAvailable(`no voice speaks ${language}`, "language", available);
  if (name === "female" || name === "male") {
    const wanted = { language: language ?? DEFAULT_LANGUAGE, gender: name } as const;
    const voice = nearest(wanted, available);
    if (voice !== undefined) return voice;
    throw notAvailable(`no voice speaks ${wanted.language}`, "language", available);
  }
  const polly = readPollyName(request.voice.trim());
  return polly === undefined ? named(request.voice, language, available) : pollyVoice(request.voice, polly, available);
}

function named(asked: string, language: string | undefined, available: readonly Voice[]): Voice {
  const name = asked.trim().toLowerCase();
  const voice = available.find(({ id }) => id.toLowerCase() === name);
  if (voice === undefined) throw notAvailable(`there is no voice ${asked}`, "voice", available);
  if (language !== undefined && !speaks(voice, language))
    throw notAvailable(`${voice.id} does not speak ${language}`, "language", available);
  return voice;
}

/** A Polly voice has its language in its name: `language` does not change it. */
function pollyVoice(
  asked: string,
  { id, kind }: NonNullable<ReturnType<typeof readPollyName>>,
  available: readonly Voice[],
): Voice {
  const own = available.find((voice) => voice.engine === "polly" && voice.id.toLowerCase() === id);
  if (own !== undefined) return kind === undefined ? own : { ...own, id: `${own.id}-${kind}` };
  const promised = POLLY_VOICES.find((voice) => voice.id.toLowerCase() === id);
  if (promised === undefined) throw notAvailable(`there is no voice ${asked}`, "voice", available);
  // The embedded engine stands in first: it needs nobody's key.
  const standIn =
    nearest(
      promised,
      available.filter((voice) => voice.engine === "embedded"),
    ) ?? nearest(promised, available);
  if (standIn !== undefined) return standIn;
  throw notAvailable(`${asked} is not configured, and no other voice speaks ${promised.language}`, "voice", available);
}

/** Same language first of all, then the same country, then the gender; undefined when none speaks the language. */
function nearest(wanted: { language: string; gender: Gender }, available: readonly Voice[]): Voice | undefined {
  const score = (voice: Voice): number =>
    (sameText(voice.language, wanted.language) ? 1 : 0) + (voice.gender === wanted.gender ? 2 : 0);
  let best: Voice | undefined;
  for (const voice of available)
    if (speaks(voice, wanted.language) && (best === undefined || score(voice) > score(best))) best = voice;
  return best;
}

function speaks(voice: Voice, language: string): boolean {
  return voice.language === "mul" || sameText(primary(voice.language), primary(language));
}

/** RFC 5646 §2.2.1: the language itself, without country or script. */
function primary(language: string): string {
  return language.split(/[-_]/)[0] ?? "";
}

function sameText(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** Polly's many are told by their engine alone. */
const TOLD_BY_NAME: readonly EngineName[] = ["embedded", "openai"];

function notAvailable(problem: string, param: "voice" | "language", available: readonly Voice[]): CodedError {
  const voices = available.filter(({ engine }) => TOLD_BY_NAME.includes(engine)).map(({ id }) => id);
  if (available.some(({ engine }) => engine === "polly")) voices.push("Polly.*");
  const languages = [...new Set(available.map(({ language }) => language))];
  return new CodedError("voice_not_available", `${problem}; there are ${voices.join(", ")}`, {
    param,
    details: { voices, languages },
  });
}
