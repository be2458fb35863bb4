import { describe, expect, test } from "vitest";
import { shareOf, sine } from "../../test/sound.ts";
import type { ForkFormat } from "../types.ts";
import { Talkback } from "./talkback.ts";
import { makeTalkbackRing, TalkbackReader, TalkbackWriter } from "./talkback-ring.ts";

const L16: ForkFormat = { codec: "L16", sampleRateHz: 8000, l16ByteOrder: "le" };

function bytesOf(pcm: Int16Array): Uint8Array {
  return new Uint8Array(pcm.slice().buffer);
}

/** A talkback between a peer and a port that ticks every 20 ms. */
function rig(options: { decodeFile?: (bytes: Uint8Array) => Promise<Int16Array>; portHz?: number } = {}) {
  const ring = makeTalkbackRing();
  const bad: string[] = [];
  const decode = options.decodeFile ?? (() => Promise.reject(new Error("none")));
  const talkback = new Talkback(new TalkbackWriter(ring), decode, () => bad.push("bad"));
  const reader = new TalkbackReader(ring);
  const frame = new Int16Array((options.portHz ?? 8000) / 50);
  const marks: { readonly name: string; readonly atMs: number }[] = [];
  const heard: number[] = [];
  let nowMs = 0;
  const step = (): void => {
    for (const { name } of talkback.step(nowMs)) marks.push({ name, atMs: nowMs });
  };
  reader.fill(frame);
  const run = (ms: number): void => {
    for (let i = 0; i < ms; i += 5) {
      nowMs += 5;
      step();
      if (nowMs % 20 !== 0) continue;
      frame.fill(0);
      reader.fill(frame);
      heard.push(...frame);
    }
  };
  const say = (pcm: Int16Array): boolean => talkback.audio(bytesOf(pcm), L16, nowMs);
  const mark = (name: string): boolean => talkback.mark({ name, of: "mark" });
  return { talkback, run, say, mark, marks, heard, bad, now: () => nowMs };
}

/** Samples between the first and the last that sound. */
function sounding(heard: readonly number[]): number[] {
  const first = heard.findIndex((sample) => sample !== 0);
  const last = heard.findLastIndex((sample) => sample !== 0);
  return heard.slice(first, last + 1);
}

describe("talkback", () => {
  test("plays an utterance that came at once, whole and in order, and returns its mark at its end", () => {
    const { run, say, mark, marks, heard } = rig();
    const tone = sine(440, 8000 * 3, 8000).map((sample) => sample | 1);
    for (let at = 0; at < tone.length; at += 3001) say(tone.subarray(at, at + 3001));
    mark("end");
    run(4000);
    expect(sounding(heard)).toEqual([...tone]);
    expect(marks).toHaveLength(1);
    expect(marks[0]?.atMs).toBeGreaterThanOrEqual(3000);
    expect(marks[0]?.atMs).toBeLessThan(3100);
  });

  test("plays a sender that keeps time, with a little jitter, without a hole after its first second", () => {
    const { run, say, heard } = rig();
    const tone = sine(440, 8000 * 10, 8000).map((sample) => sample | 1);
    const late = [0, 10, 5, 15, 0, 5];
    for (let i = 0; i < 250; i++) {
      run(40 - late[i % 6]! + late[(i + 1) % 6]!);
      say(tone.subarray(i * 320, (i + 1) * 320));
    }
    run(500);
    const second = sounding(heard).slice(8000);
    expect(second.filter((sample) => sample === 0)).toEqual([]);
  });

  test("catches up in the pauses of a sender that keeps time, after a standstill", () => {
    const { talkback, run, say, heard } = rig();
    const word = sine(440, 160 * 25, 8000).map((sample) => sample | 1);
    const pause = new Int16Array(160);
    const pieces = Array.from({ length: 1000 }, (_, i) =>
      i % 50 < 25 ? word.subarray((i % 25) * 160, ((i % 25) + 1) * 160) : pause,
    );
    const play = (from: number, to: number): void => {
      for (const piece of pieces.slice(from, to)) {
        say(piece);
        run(20);
      }
    };
    play(0, 300);
    run(300);
    for (const piece of pieces.slice(300, 315)) say(piece);
    play(315, 330);
    expect(talkback.queuedMs).toBeGreaterThan(250);
    play(330, 1000);
    expect(talkback.queuedMs).toBeLessThan(100);
    run(500);
    // Every word was heard whole.
    expect(heard.filter((sample) => sample !== 0)).toHaveLength(20 * word.length);
  });

  test("does not shorten the pauses of one that says all at once", () => {
    const { run, say, heard } = rig();
    const word = sine(440, 4000, 8000).map((sample) => sample | 1);
    const whole = Int16Array.from([...word, ...new Int16Array(8000), ...word, ...new Int16Array(8000), ...word]);
    for (let at = 0; at < whole.length; at += 1600) {
      say(whole.subarray(at, at + 1600));
      run(5);
    }
    run(5000);
    expect(sounding(heard)).toEqual([...whole]);
  });

  test("returns a mark at once when nothing plays", () => {
    const { run, mark, marks, now } = rig();
    run(100);
    mark("now");
    run(5);
    expect(marks).toEqual([{ name: "now", atMs: now() }]);
  });

  test("clears within a frame and gives back all marks in order, the same name as often as it was sent", () => {
    const { talkback, run, say, mark, heard } = rig();
    say(sine(440, 8000));
    mark("x");
    say(sine(440, 80_000));
    mark("x");
    mark("y");
    run(500);
    expect(talkback.queuedMs).toBeGreaterThan(10_000);
    expect(talkback.clear().map(({ name }) => name)).toEqual(["x", "x", "y"]);
    const before = heard.length;
    run(200);
    expect(heard.slice(before).every((sample) => sample === 0)).toBe(true);
    expect(talkback.queuedMs).toBe(0);
    say(sine(880, 8000));
    run(1200);
    expect(shareOf(Int16Array.from(heard.slice(before + 2400, before + 8000)), 880)).toBeGreaterThan(0.99);
  });

  test("takes ten minutes and no more", () => {
    const { say } = rig();
    const minute = new Int16Array(8000 * 60);
    for (let i = 0; i < 10; i++) expect(say(minute)).toBe(true);
    expect(say(new Int16Array(160))).toBe(false);
  });

  test("plays files in the order they came, however long each takes to decode, and leaves out what is no sound", async () => {
    const done: (() => void)[] = [];
    const { talkback, run, mark, marks, heard, bad } = rig({
      decodeFile: (bytes) =>
        new Promise((resolve, reject) =>
          done.push(() => (bytes[0] === 0 ? reject(new Error("no sound")) : resolve(sine(bytes[0]! * 10, 1600)))),
        ),
    });
    for (const first of [44, 0, 88]) talkback.file(Uint8Array.of(first), 0);
    mark("end");
    done[2]!();
    done[1]!();
    await Promise.resolve();
    run(500);
    expect(marks).toEqual([]);
    done[0]!();
    await Promise.resolve();
    await Promise.resolve();
    run(1000);
    expect(bad).toHaveLength(1);
    expect(marks).toHaveLength(1);
    const sound = Int16Array.from(sounding(heard));
    expect(shareOf(sound.subarray(0, 1500), 440)).toBeGreaterThan(0.99);
    expect(shareOf(sound.subarray(1600, 3100), 880)).toBeGreaterThan(0.99);
  });

  test("is brought to the rate of the port", () => {
    const { run, say, heard } = rig({ portHz: 16_000 });
    say(sine(440, 8000));
    run(1500);
    expect(shareOf(Int16Array.from(heard.slice(1600, 14_000)), 440, 16_000)).toBeGreaterThan(0.99);
  });
});
