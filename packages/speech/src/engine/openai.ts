/** Any server that speaks OpenAI's `POST /v1/audio/speech`. */
import type { HttpClient } from "@voepy/base";
import { readWav } from "../sound.ts";
import type { Gender, SpeechEngine, Utterance, Voice } from "../types.ts";
import { answerOf } from "./answer.ts";

export interface OpenAiSettings {
  /** Up to and with `/v1`. */
  readonly url: string;
  readonly apiKey: string | undefined;
  readonly model: string;
  readonly voices: readonly { readonly name: string; readonly language: string; readonly gender: Gender }[];
}

const MOST_AT_ONCE = 8;

export function makeOpenAiEngine(settings: OpenAiSettings, http: HttpClient): SpeechEngine {
  const { url, apiKey, model, voices } = settings;
  const endpoint = `${url.replace(/\/+$/, "")}/audio/speech`;
  return {
    name: "openai",
    voices: voices.map(
      ({ name, language, gender }): Voice => ({ id: `OpenAI.${name}`, engine: "openai", language, gender }),
    ),
    settings: `${endpoint} ${model}`,
    mostAtOnce: MOST_AT_ONCE,
    phrase: plainText,
    async synthesize(input, { voice, rate, timeoutMs }) {
      const body = { model, input, voice: voice.id.slice("OpenAI.".length), response_format: "wav" };
      const answer = await answerOf(http, {
        url: endpoint,
        headers: {
          "content-type": "application/json",
          ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
        },
        body: JSON.stringify(rate === 1 ? body : { ...body, speed: rate }),
        timeoutMs,
      });
      return readWav(answer);
    },
    close: async () => undefined,
  };
}

/** What is to be spelled stands apart sign by sign; the rest the engine reads in its own language. */
function plainText({ pieces }: Utterance): string {
  const text = pieces.map(({ text, sayAs }) => {
    if (sayAs?.as === "characters") return ` ${[...text.replaceAll(/\s/g, "")].join(", ")} `;
    if (sayAs?.as === "digits" || sayAs?.as === "telephone") return ` ${[...text.replaceAll(/\D/g, "")].join(" ")} `;
    return text;
  });
  const joined = text.join("").replaceAll(/\s+/g, " ").trim();
  return /[\p{L}\p{N}]/u.test(joined) ? joined : "";
}
