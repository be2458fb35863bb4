import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { tapPacket } from "../../test/recording-rig.ts";
import { seeded, shareOf, sine } from "../../test/sound.ts";
import { readWavHeader } from "../codec/wav-header.ts";
import type { RecorderEvent } from "../nodes/recorder.ts";
import { makeRecorderRing, RecorderTap } from "../nodes/recorder-tap.ts";
import { openRecorder } from "./recorder.ts";
import { repairRecording } from "./wav-file.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "recording-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const TONE = sine(440, 80_000);

/** Records ten seconds and stops there, as a crash would; `isClosed` finishes it. Returns what was told. */
async function record(path: string, format: "wav" | "mp3", isClosed: boolean): Promise<RecorderEvent[]> {
  const events: RecorderEvent[] = [];
  const recorder = await openRecorder((event) => events.push(event));
  const ring = makeRecorderRing();
  recorder.start({ recording: "rec", path, format, channels: "dual" }, ring);
  const tap = new RecorderTap(ring, 0);
  for (let i = 0; i < 500; i++) {
    tapPacket(tap, "rx", { atMs: i * 20, pcm: TONE.subarray(i * 160, (i + 1) * 160), rtpTimestamp: i * 160 });
    if (i % 5 === 0) recorder.step(i * 20);
  }
  if (!isClosed) return events;
  tap.close("stopped", 10_000);
  recorder.step(10_000);
  recorder.close();
  return events;
}

function leftOf(path: string): Int16Array {
  const bytes = readFileSync(path);
  return Int16Array.from({ length: (bytes.length - 44) / 4 }, (_, i) => bytes.readInt16LE(44 + i * 4));
}

test("a finished recording is whole under its name, and its part is gone", async () => {
  const path = join(folder, "a.wav");
  const events = await record(path, "wav", true);
  const header = readWavHeader(readFileSync(path));
  expect(header).toEqual({ channels: 2, sampleRateHz: 8000, dataBytes: 320_000 });
  expect(events).toMatchObject([{ type: "recordingClosed", durationMs: 10_000, sizeBytes: statSync(path).size }]);
  expect(existsSync(`${path}.part`)).toBe(false);
  expect(statSync(path).mode & 0o077).toBe(0);
  expect(await repairRecording({ path, format: "wav" })).toEqual({ durationMs: 10_000, sizeBytes: 320_044 });
});

test("after a crash the part holds all but the last second", async () => {
  const path = join(folder, "a.wav");
  await record(path, "wav", false);
  const repaired = await repairRecording({ path, format: "wav" });
  expect(repaired!.durationMs).toBeGreaterThan(9000);
  expect(shareOf(leftOf(path), 440)).toBeGreaterThan(0.99);
});

test("a part cut off at any byte is mended to whole samples", async () => {
  const path = join(folder, "a.wav");
  await record(path, "wav", false);
  const whole = readFileSync(`${path}.part`);
  const next = seeded(2);
  for (let i = 0; i < 50; i++) {
    const size = Math.floor(next() * whole.length);
    writeFileSync(`${path}.part`, whole);
    truncateSync(`${path}.part`, size);
    const repaired = await repairRecording({ path, format: "wav" });
    const steps = Math.max(0, Math.floor((size - 44) / 4));
    expect(repaired, `cut at ${size}`).toEqual(
      steps === 0 ? undefined : { durationMs: Math.round(steps / 8), sizeBytes: 44 + steps * 4 },
    );
    expect(existsSync(`${path}.part`)).toBe(false);
    if (steps > 0) expect(readWavHeader(readFileSync(path))).toMatchObject({ dataBytes: steps * 4 });
    rmSync(path, { force: true });
  }
});

test("an interrupted MP3 recording is encoded from its part", async () => {
  const path = join(folder, "a.mp3");
  await record(path, "mp3", false);
  const repaired = await repairRecording({ path, format: "mp3" });
  const mp3 = readFileSync(path);
  expect(repaired!.durationMs).toBeGreaterThan(9000);
  expect(repaired!.sizeBytes).toBe(mp3.length);
  expect([mp3[0], mp3[1]! & 0xe0]).toEqual([0xff, 0xe0]);
  expect(existsSync(`${path}.part`)).toBe(false);
  // Found again after a second crash, it is measured by its size.
  const again = await repairRecording({ path, format: "mp3" });
  expect(Math.abs(again!.durationMs - repaired!.durationMs)).toBeLessThan(250);
});

test("where nothing was recorded there is nothing to save", async () => {
  const path = join(folder, "a.wav");
  expect(await repairRecording({ path, format: "wav" })).toBeUndefined();
  writeFileSync(`${path}.part`, "not a recording at all, just some text that lies here");
  expect(await repairRecording({ path, format: "wav" })).toBeUndefined();
  expect(existsSync(`${path}.part`)).toBe(false);
});

test("a folder that is not there fails the recording by name", async () => {
  const events = await record(join(folder, "nowhere", "a.wav"), "wav", true);
  expect(events).toMatchObject([{ type: "recordingFailed", error: expect.stringContaining("ENOENT") }]);
});
