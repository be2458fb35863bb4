/** Every engine of `speech.tts` says one word: what is wrong with a key or an address is heard here first. */
import { type Clock, type HttpClient, makeHttpClient, messageOf, silentLog } from "@voepy/base";
import type { Synthesizer, Voice } from "@voepy/speech";
import type { Config } from "../config-schema.ts";
import { startSpeech } from "../speech.ts";
import { type Finding, ok, warn } from "./finding.ts";

export async function* checkSpeech(
  config: Config,
  { clock }: { clock: Clock },
  http: HttpClient = makeHttpClient({ allowPrivate: true }),
): AsyncGenerator<Finding> {
  // What was kept would prove nothing.
  const tts = { ...config.speech.tts, cache_mb: 0 };
  const outside = { clock, operatorHttp: http, speechEngines: undefined };
  const speech = startSpeech({ data_dir: config.data_dir, speech: { tts } }, silentLog, outside);
  try {
    const firstOfEach = Object.values(Object.groupBy(speech.voices(), ({ engine }) => engine)).map((all) => all?.[0]);
    if (firstOfEach.length === 0) yield warn("speech", "no engine is configured", "speak answers 501; see speech.tts");
    for (const voice of firstOfEach) if (voice !== undefined) yield await say(speech, voice, clock);
  } finally {
    await speech.close();
    await http.close();
  }
}

async function say(speech: Synthesizer, voice: Voice, clock: Clock): Promise<Finding> {
  const check = `speech ${voice.engine}`;
  const startedMs = clock.nowMs();
  try {
    const { whole } = speech.prepare({ payload: "Hello.", payloadType: "text", voice: voice.id });
    await whole.wav(new AbortController().signal);
    return ok(check, `${voice.id} said a word within ${Math.round(clock.nowMs() - startedMs)} ms`);
  } catch (thrown) {
    return warn(check, messageOf(thrown), `see speech.tts.${voice.engine}`);
  }
}
