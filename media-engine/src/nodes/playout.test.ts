import { expect, test } from "vitest";
import { Playout, type PlayoutItem, type PlayoutReport } from "./playout.ts";

/** Samples that tell where they come from. */
function pcmItem(prompt: string, samples: number, loop = 1, first = 1): PlayoutItem {
  return { prompt, loop, source: { type: "pcm", pcm: Int16Array.from({ length: samples }, (_, i) => first + i) } };
}

function rig(frameSamples = 4) {
  const told: string[] = [];
  const playout = new Playout(8000, (report: PlayoutReport) => {
    const { type, prompt } = report;
    told.push(
      type === "started" ? `${prompt} started` : `${prompt} ${report.reason}${report.error ? `: ${report.error}` : ""}`,
    );
  });
  const frame = (): number[] | undefined => {
    const out = new Int16Array(frameSamples).fill(-9);
    return playout.fill(out) ? [...out] : undefined;
  };
  return { playout, told, frame };
}

test("a prompt is played to its last sample, then the frame is filled with silence", () => {
  const { playout, told, frame } = rig();
  playout.enqueue(pcmItem("a", 6));
  expect([frame(), frame(), frame()]).toEqual([[1, 2, 3, 4], [5, 6, 0, 0], undefined]);
  expect(told).toEqual(["a started", "a completed"]);
});

test("prompts follow each other within a frame", () => {
  const { playout, told, frame } = rig();
  playout.enqueue(pcmItem("a", 3));
  playout.enqueue(pcmItem("b", 3, 1, 11));
  expect([frame(), frame()]).toEqual([
    [1, 2, 3, 11],
    [12, 13, 0, 0],
  ]);
  expect(told).toEqual(["a started", "a completed", "b started", "b completed"]);
});

test("a loop repeats without a gap and ends after its count", () => {
  const { playout, told, frame } = rig(5);
  playout.enqueue(pcmItem("a", 3, 3));
  expect([frame(), frame(), frame()]).toEqual([[1, 2, 3, 1, 2], [3, 1, 2, 3, 0], undefined]);
  expect(told).toEqual(["a started", "a completed"]);
});

test("loop 0 goes on until it is stopped", () => {
  const { playout, told, frame } = rig(4);
  playout.enqueue(pcmItem("a", 3, 0));
  for (let i = 0; i < 1000; i++) expect(frame()).toBeDefined();
  playout.stop("current");
  expect(frame()).toBeUndefined();
  expect(told).toEqual(["a started", "a cancelled"]);
});

test("stopping the current prompt lets the next one play, stopping all does not", () => {
  const { playout, told, frame } = rig();
  for (const prompt of ["a", "b", "c"]) playout.enqueue(pcmItem(prompt, 100));
  frame();
  playout.stop("current");
  frame();
  playout.stop("all");
  expect(frame()).toBeUndefined();
  expect(told).toEqual(["a started", "a cancelled", "b started", "b cancelled", "c cancelled"]);
});

test("closing tells every prompt that it is closed", () => {
  const { playout, told, frame } = rig();
  playout.enqueue(pcmItem("a", 100));
  playout.enqueue(pcmItem("b", 100));
  frame();
  playout.close();
  expect(told).toEqual(["a started", "a closed", "b closed"]);
});

test("a prompt without sound fails or ends at once and does not hold up the next", () => {
  const { playout, told, frame } = rig();
  playout.enqueue({ prompt: "gone", loop: 1, source: { type: "missing", error: "dropped for room" } });
  playout.enqueue(pcmItem("empty", 0, 0));
  playout.enqueue({ prompt: "mute", loop: 0, source: { type: "tone", tone: { segments: [], repeat: true } } });
  playout.enqueue(pcmItem("a", 4));
  expect(frame()).toEqual([1, 2, 3, 4]);
  expect(told).toEqual([
    "gone failed: dropped for room",
    "empty started",
    "empty completed",
    "mute started",
    "mute completed",
    "a started",
  ]);
});

test("a tone is a prompt like any other", () => {
  const { playout, told, frame } = rig(160);
  const tone = { segments: [{ frequenciesHz: [440], levelDbm0: -10, durationMs: 10 }], repeat: false };
  playout.enqueue({ prompt: "t", loop: 2, source: { type: "tone", tone } });
  expect(frame()?.every((sample) => sample === 0)).toBe(false);
  expect(frame()).toBeUndefined();
  expect(told).toEqual(["t started", "t completed"]);
});
