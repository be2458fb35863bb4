/** An engine whose words are tones: "620 hertz" is half a second of 620 Hz, so that what was said is known by its pitch. */
import type { Clock } from "@voepy/base";
import type { SpeechEngine } from "@voepy/speech";

const RATE_HZ = 16_000;
const SECONDS = 0.5;

/** "slow" takes 2 s, "stuck" as long as it may, "broken" fails; at `clock`'s time. */
export function fakeSpeech(clock: Clock): SpeechEngine {
  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => void clock.schedule(clock.nowMs() + ms, resolve));
  return {
    name: "embedded",
    voices: [
      { id: "Fake.anna", engine: "embedded", language: "en-US", gender: "female" },
      { id: "Fake.otto", engine: "embedded", language: "en-US", gender: "male" },
    ],
    settings: "",
    mostAtOnce: 2,
    phrase: ({ pieces }) =>
      pieces
        .map(({ text }) => text)
        .join("")
        .trim(),
    async synthesize(phrase, { rate, timeoutMs }) {
      if (phrase.includes("broken")) throw new Error("out of breath");
      if (phrase.includes("slow")) await pause(2000);
      if (phrase.includes("stuck")) {
        await pause(timeoutMs);
        throw new Error(`it did not end within ${timeoutMs} ms`);
      }
      const hz = Number(/\d+/.exec(phrase)?.[0] ?? 500);
      const pcm = new Int16Array((RATE_HZ * SECONDS) / rate);
      for (let i = 0; i < pcm.length; i++) pcm[i] = Math.round(8000 * Math.sin((2 * Math.PI * hz * i) / RATE_HZ));
      return { sampleRateHz: RATE_HZ, pcm };
    },
    close: async () => undefined,
  };
}
