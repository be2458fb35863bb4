import { silentLog, systemClock } from "@voepy/base";
import { afterAll, describe, expect, test } from "vitest";
import { makeEmbeddedEngine } from "../engine/embedded.ts";
import type { Sound } from "../types.ts";
import { FlitePool } from "./flite-pool.ts";

const engine = makeEmbeddedEngine({ threads: 2 }, { clock: systemClock, log: silentLog });
afterAll(() => engine.close());

const say = (text: string, voice = "Flite.slt", rate = 1): Promise<Sound> => {
  const found = engine.voices.find(({ id }) => id === voice);
  return engine.synthesize(text, { voice: found!, rate, timeoutMs: 60_000 });
};

const seconds = ({ pcm, sampleRateHz }: Sound): number => pcm.length / sampleRateHz;

/** Most frequent distance between like stretches of a voiced sound, as a pitch: autocorrelation, median over 40 ms windows. */
function pitchHz({ pcm, sampleRateHz }: Sound): number {
  const window = Math.round(sampleRateHz * 0.04);
  const found: number[] = [];
  for (let from = 0; from + 2 * window < pcm.length; from += window) {
    const energy = correlation(pcm, from, 0, window);
    if (energy / window < 250_000) continue;
    let [best, bestLag] = [0, 0];
    for (let lag = Math.floor(sampleRateHz / 320); lag < sampleRateHz / 65; lag++) {
      const here = correlation(pcm, from, lag, window);
      if (here > best) [best, bestLag] = [here, lag];
    }
    if (best > 0.5 * energy) found.push(sampleRateHz / bestLag);
  }
  return found.toSorted((a, b) => a - b)[Math.floor(found.length / 2)] ?? 0;
}

function correlation(pcm: Int16Array, from: number, lag: number, length: number): number {
  let sum = 0;
  for (let i = from; i < from + length; i++) sum += pcm[i]! * pcm[i + lag]!;
  return sum;
}

describe("the embedded engine", () => {
  test("speaks for as long as the words take, louder and softer as speech is", async () => {
    const sound = await say("Press one for sales, two for support, then pound.");
    expect(sound.sampleRateHz).toBe(16_000);
    expect(seconds(sound)).toBeGreaterThan(2.5);
    expect(seconds(sound)).toBeLessThan(5);
    const levels = Array.from({ length: Math.floor(sound.pcm.length / 320) }, (_, i) =>
      Math.sqrt(correlation(sound.pcm, i * 320, 0, Math.min(320, sound.pcm.length - i * 320)) / 320),
    );
    const loud = levels.filter((level) => level > 500).length / levels.length;
    expect(loud).toBeGreaterThan(0.4);
    expect(loud).toBeLessThan(0.98);
  });

  test("begins within 20 ms of its sound, and rests at its end", async () => {
    const { pcm } = await say("Hello there.");
    expect(pcm.findIndex((sample) => Math.abs(sample) > 100)).toBeLessThan(320);
    expect(pcm.length - pcm.findLastIndex((sample) => Math.abs(sample) > 500)).toBeGreaterThan(1600);
  });

  test("has a woman's and a man's pitch", async () => {
    const text = "Our office is closed now. We are open all day tomorrow.";
    const [woman, man] = await Promise.all([say(text, "Flite.slt"), say(text, "Flite.rms")]);
    expect(pitchHz(woman)).toBeGreaterThan(140);
    expect(pitchHz(woman)).toBeLessThan(260);
    expect(pitchHz(man)).toBeGreaterThan(70);
    expect(pitchHz(man)).toBeLessThan(135);
  });

  test("speaks slower and faster", async () => {
    const text = "Our office is closed now.";
    const normal = await say(text);
    const [slow, fast] = await Promise.all([say(text, "Flite.slt", 0.5), say(text, "Flite.slt", 2)]);
    expect(seconds(slow) / seconds(normal)).toBeGreaterThan(1.6);
    expect(seconds(fast) / seconds(normal)).toBeLessThan(0.65);
  });

  test("says the same the same way each time, with every voice", async () => {
    for (const { id } of engine.voices) expect(await say("Hello there.", id)).toEqual(await say("Hello there.", id));
  });

  test("takes any text for a text", async () => {
    for (const hostile of ["-o /etc/passwd", "%s%n%s", "a".repeat(3000), '"; rm -rf', "\0", "1".repeat(200), "(((((("])
      expect(typeof seconds(await say(hostile).catch(() => ({ pcm: new Int16Array(), sampleRateHz: 1 })))).toBe(
        "number",
      );
    expect(seconds(await say("Still here."))).toBeGreaterThan(0.4);
  });
});

describe("a thread", () => {
  /** Rings when told to. */
  function handClock() {
    let ring: (() => void) | undefined;
    const schedule = (_: number, run: () => void) => {
      ring = run;
      return { cancel: () => undefined };
    };
    return { clock: { ...systemClock, schedule }, ring: () => ring?.() };
  }
  const HELLO = { voice: "kal", text: "Hello.", stretch: 1 };

  test("whose text takes too long is lost, and nothing else: another speaks the next one", async () => {
    const { clock, ring } = handClock();
    const pool = new FlitePool({ clock, log: silentLog, threads: 1 });
    const late = pool.run({ voice: "slt", text: "word ".repeat(600), stretch: 1 }, 15_000);
    ring();
    await expect(late).rejects.toThrow("the embedded engine did not end within 15000 ms");
    expect((await pool.run(HELLO, 15_000)).length).toBeGreaterThan(1000);
    await pool.close();
    await expect(pool.run(HELLO, 15_000)).rejects.toThrow("going down");
  });

  test("that nobody needed for a minute ends, and the next text starts another", async () => {
    const { clock, ring } = handClock();
    const pool = new FlitePool({ clock, log: silentLog, threads: 1 });
    await pool.run(HELLO, 15_000);
    expect(pool.threads).toBe(1);
    ring();
    expect(pool.threads).toBe(0);
    expect((await pool.run(HELLO, 15_000)).length).toBeGreaterThan(1000);
    await pool.close();
  });
});
