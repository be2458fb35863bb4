/** Amazon Polly: one signed HTTPS request an utterance, `SynthesizeSpeech`, sound as 16 kHz PCM. */
import type { Clock, HttpClient } from "@voepy/base";
import { pcmOf } from "../sound.ts";
import type { Piece, SpeechEngine, Utterance } from "../types.ts";
import { POLLY_VOICES, type PollyKind, readPollyName } from "../voice/polly-voices.ts";
import { answerOf } from "./answer.ts";
import { type AwsCredentials, signedHeaders } from "./aws-signature.ts";

export interface PollySettings extends AwsCredentials {
  readonly region: string;
  /** Default: Amazon's for the region. */
  readonly url: string | undefined;
  /** Of voices that are named without one. */
  readonly kind: PollyKind;
}

const SAMPLE_RATE_HZ = 16_000;
const MOST_AT_ONCE = 8;

export function makePollyEngine(
  settings: PollySettings,
  { clock, http }: { clock: Clock; http: HttpClient },
): SpeechEngine {
  const { region, kind } = settings;
  const url = `${settings.url ?? `https://polly.${region}.amazonaws.com`}/v1/speech`;
  return {
    name: "polly",
    voices: POLLY_VOICES,
    settings: `${url} ${kind}`,
    mostAtOnce: MOST_AT_ONCE,
    phrase: pollySsml,
    async synthesize(text, { voice, timeoutMs }) {
      const body = JSON.stringify({
        Engine: readPollyName(voice.id)?.kind ?? kind,
        OutputFormat: "pcm",
        SampleRate: String(SAMPLE_RATE_HZ),
        Text: text,
        TextType: "ssml",
        VoiceId: voice.id.slice("Polly.".length).replace(/-.*$/, ""),
      });
      const headers = signedHeaders({ url, headers: { "content-type": "application/json" }, body }, settings, {
        region,
        service: "polly",
        wallMs: clock.wallMs(),
      });
      return { sampleRateHz: SAMPLE_RATE_HZ, pcm: pcmOf(await answerOf(http, { url, headers, body, timeoutMs })) };
    },
    close: async () => undefined,
  };
}

/** Only elements that every kind of Polly voice takes. */
function pollySsml({ pieces, rate }: Utterance): string {
  if (!pieces.some(({ text }) => /[\p{L}\p{N}]/u.test(text))) return "";
  const inner = pieces.map(pollyPiece).join("");
  const percent = Math.round(rate * 100);
  return `<speak>${percent === 100 ? inner : `<prosody rate="${percent}%">${inner}</prosody>`}</speak>`;
}

function pollyPiece({ text, sayAs }: Piece): string {
  if (sayAs === undefined) return escaped(text);
  const format = sayAs.format === "" ? "" : ` format="${escaped(sayAs.format)}"`;
  return `<say-as interpret-as="${sayAs.as}"${format}>${escaped(text)}</say-as>`;
}

const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

function escaped(text: string): string {
  return text.replaceAll(/[&<>"]/g, (sign) => ESCAPES[sign] ?? sign);
}
