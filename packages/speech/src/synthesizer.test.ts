import { CodedError, silentLog } from "@voepy/base";
import { describe, expect, test } from "vitest";
import { readWav } from "./sound.ts";
import { synthesizerOf } from "./synthesizer.ts";
import type { Sound, SpeechEngine, Synthesizer } from "./types.ts";

const FOR_EVER = new AbortController().signal;

/** Makes what it is told to when it is told to. */
class HandEngine {
  readonly asked: string[] = [];
  readonly #waiting = new Map<string, (sound: Sound) => void>();

  readonly engine: SpeechEngine = {
    name: "embedded",
    voices: [{ id: "Hand.one", engine: "embedded", language: "en-US", gender: "female" }],
    settings: "",
    mostAtOnce: 2,
    phrase: ({ pieces }) =>
      pieces
        .map(({ text }) => text)
        .join("")
        .trim(),
    synthesize: (phrase) => {
      this.asked.push(phrase);
      if (phrase === "fail") return Promise.reject(new Error("no voice today"));
      return new Promise((resolve) => void this.#waiting.set(phrase, resolve));
    },
    close: async () => undefined,
  };

  make(phrase: string, samples = 100): void {
    this.#waiting.get(phrase)?.({ sampleRateHz: 16_000, pcm: new Int16Array(samples).fill(7) });
  }
}

function rig(): {
  hand: HandEngine;
  synthesizer: Synthesizer;
  wav: (text: string, signal?: AbortSignal) => Promise<Uint8Array>;
} {
  const hand = new HandEngine();
  const synthesizer = synthesizerOf([hand.engine], { log: silentLog, timeoutMs: 1000, cacheBytes: 0 });
  const wav = (payload: string, signal = FOR_EVER): Promise<Uint8Array> =>
    synthesizer.prepare({ payload, payloadType: "text", voice: "Hand.one" }).whole.wav(signal);
  return { hand, synthesizer, wav };
}

/** Lets everything that is ready run. */
const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

describe("a part of speech", () => {
  test("wanted by two is made once, and kept for the third", async () => {
    const { hand, synthesizer, wav } = rig();
    const both = Promise.all([wav("hello"), wav("hello")]);
    await turn();
    hand.make("hello");
    const [one, other] = await both;
    expect(one).toEqual(other);
    expect(await wav("hello")).toEqual(one);
    expect(hand.asked).toEqual(["hello"]);
    expect(synthesizer.counters()).toMatchObject({ parts_made: 1, parts_cached: 1, running: 0, waiting: 0 });
  });

  test("waits for its turn, and is not begun when nobody wants it any more", async () => {
    const { hand, synthesizer, wav } = rig();
    const first = [wav("a"), wav("b")];
    const abort = new AbortController();
    const unwanted = wav("c", abort.signal);
    const wanted = wav("d");
    await turn();
    expect(hand.asked).toEqual(["a", "b"]);
    expect(synthesizer.counters()).toMatchObject({ running: 2, waiting: 2 });
    abort.abort(new Error("hung up"));
    await expect(unwanted).rejects.toThrow("hung up");
    hand.make("a");
    await turn();
    expect(hand.asked).toEqual(["a", "b", "d"]);
    hand.make("b");
    hand.make("d");
    await Promise.all([...first, wanted]);
  });

  test("that one no longer wants is still made for the other", async () => {
    const { hand, wav } = rig();
    const abort = new AbortController();
    const left = wav("hello", abort.signal);
    const stayed = wav("hello");
    await turn();
    abort.abort(new Error("hung up"));
    await expect(left).rejects.toThrow("hung up");
    hand.make("hello");
    expect(readWav(await stayed).pcm).toHaveLength(100);
  });

  test("that cannot be made is told with the reason, and tried anew the next time", async () => {
    const { hand, synthesizer, wav } = rig();
    await expect(wav("fail")).rejects.toMatchObject({
      code: "upstream_error",
      message: "embedded speech failed: no voice today",
    });
    await expect(wav("fail")).rejects.toBeInstanceOf(CodedError);
    expect(hand.asked).toHaveLength(2);
    expect(synthesizer.counters()).toMatchObject({ parts_failed: 2, running: 0 });
  });

  test("is refused when too many wait", async () => {
    const { wav } = rig();
    const all = Array.from({ length: 300 }, (_, i) => wav(`text ${i}`).catch((thrown: unknown) => thrown));
    await turn();
    expect(await all.at(-1)).toMatchObject({ code: "rate_limited" });
  });

  test("has its pause behind it, and silence before any word its own", async () => {
    const { hand, synthesizer } = rig();
    const payload = '<speak><break time="100ms"/>hello<break time="50ms"/></speak>';
    const whole = synthesizer.prepare({ payload, payloadType: "ssml", voice: "Hand.one" }).whole.wav(FOR_EVER);
    await turn();
    hand.make("hello");
    const { pcm, sampleRateHz } = readWav(await whole);
    expect([sampleRateHz, pcm.length, pcm.indexOf(7), pcm.lastIndexOf(7)]).toEqual([16_000, 2500, 1600, 1699]);
  });
});

test("without an engine speech is not configured", () => {
  const synthesizer = synthesizerOf([], { log: silentLog, timeoutMs: 1000, cacheBytes: 0 });
  expect(() => synthesizer.prepare({ payload: "hello", payloadType: "text", voice: "male" })).toThrow(
    expect.objectContaining({ code: "engine_not_configured" }),
  );
});
