/** The voices of Amazon Polly that programs name, by language: what a name promises is known without asking Amazon. */
import type { Gender, Voice } from "../types.ts";

const NAMES: Readonly<Record<string, { readonly female?: string; readonly male?: string }>> = {
  "en-US": {
    female: "Joanna Danielle Ivy Kendra Kimberly Ruth Salli",
    male: "Matthew Gregory Joey Justin Kevin Patrick Stephen",
  },
  "en-GB": { female: "Amy Emma", male: "Arthur Brian" },
  "en-GB-WLS": { male: "Geraint" },
  "en-AU": { female: "Nicole Olivia", male: "Russell" },
  "en-IN": { female: "Aditi Kajal Raveena" },
  "en-IE": { female: "Niamh" },
  "en-NZ": { female: "Aria" },
  "en-SG": { female: "Jasmine" },
  "en-ZA": { female: "Ayanda" },
  "ar-AE": { female: "Hala", male: "Zayd" },
  arb: { female: "Zeina" },
  "ca-ES": { female: "Arlet" },
  "cmn-CN": { female: "Zhiyu" },
  "cs-CZ": { female: "Jitka" },
  "cy-GB": { female: "Gwyneth" },
  "da-DK": { female: "Naja Sofie", male: "Mads" },
  "de-AT": { female: "Hannah" },
  "de-CH": { female: "Sabrina" },
  "de-DE": { female: "Marlene Vicki", male: "Daniel Hans" },
  "es-ES": { female: "Alba Conchita Lucia", male: "Enrique Raul Sergio" },
  "es-MX": { female: "Mia", male: "Andres" },
  "es-US": { female: "Lupe Penelope", male: "Miguel Pedro" },
  "fi-FI": { female: "Suvi" },
  "fr-BE": { female: "Isabelle" },
  "fr-CA": { female: "Chantal Gabrielle", male: "Liam" },
  "fr-FR": { female: "Celine Lea", male: "Mathieu Remi" },
  "is-IS": { female: "Dora", male: "Karl" },
  "it-IT": { female: "Bianca Carla", male: "Adriano Giorgio" },
  "ja-JP": { female: "Kazuha Mizuki Tomoko", male: "Takumi" },
  "ko-KR": { female: "Jihye Seoyeon" },
  "nb-NO": { female: "Ida Liv" },
  "nl-BE": { female: "Lisa" },
  "nl-NL": { female: "Laura Lotte", male: "Ruben" },
  "pl-PL": { female: "Ewa Maja Ola", male: "Jacek Jan" },
  "pt-BR": { female: "Camila Vitoria", male: "Ricardo Thiago" },
  "pt-PT": { female: "Ines", male: "Cristiano" },
  "ro-RO": { female: "Carmen" },
  "ru-RU": { female: "Tatyana", male: "Maxim" },
  "sv-SE": { female: "Astrid Elin" },
  "tr-TR": { female: "Burcu Filiz" },
  "yue-CN": { female: "Hiujin" },
};

const GENDERS: readonly Gender[] = ["female", "male"];

export const POLLY_VOICES: readonly Voice[] = Object.entries(NAMES).flatMap(([language, byGender]) =>
  GENDERS.flatMap((gender) =>
    (byGender[gender === "male" ? "male" : "female"] ?? "")
      .split(" ")
      .filter(Boolean)
      .map((name): Voice => ({ id: `Polly.${name}`, engine: "polly", language, gender })),
  ),
);

/** Polly's ways to make one voice, as a suffix of its name or the operator's setting. */
export const POLLY_KINDS = ["standard", "neural", "long-form", "generative"] as const;
export type PollyKind = (typeof POLLY_KINDS)[number];

/** `aws.polly.joanna-neural` is Joanna, neural; undefined for what is no name of Polly's. */
export function readPollyName(name: string): { readonly id: string; readonly kind: PollyKind | undefined } | undefined {
  const [, base, suffix] =
    /^(?:aws\.)?polly\.(.+?)(?:-(standard|neural|long-form|generative))?$/i.exec(plainLetters(name)) ?? [];
  if (base === undefined) return undefined;
  return { id: `polly.${base.toLowerCase()}`, kind: POLLY_KINDS.find((kind) => kind === suffix?.toLowerCase()) };
}

/** Céline is found as Celine. */
function plainLetters(text: string): string {
  return text.normalize("NFKD").replaceAll(/\p{M}/gu, "");
}
