import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { tapPacket } from "../../test/recording-rig.ts";
import { shareOf, sine } from "../../test/sound.ts";
import { readWavFile } from "../../test/wav.ts";
import { repairRecording } from "../io/wav-file.ts";
import { makeRecorderRing, RecorderTap } from "../nodes/recorder-tap.ts";
import type { RecorderCommand, RecorderReply } from "./recorder-protocol.ts";

test("the thread writes what is tapped here, finishes all when it is closed, and ends", async () => {
  const folder = mkdtempSync(join(tmpdir(), "recorder-"));
  const thread = new Worker(new URL("./recorder-main.ts", import.meta.url));
  const say = (command: RecorderCommand): void => thread.postMessage(command);
  const replies: RecorderReply[] = [];
  const ended = new Promise<void>((resolve, reject) => {
    thread.on("message", (reply: RecorderReply) => replies.push(reply));
    thread.on("error", reject);
    thread.on("exit", () => resolve());
  });
  const path = join(folder, "a.wav");
  const ring = makeRecorderRing();
  say({ type: "start", request: { recording: "a", path, format: "wav", channels: "dual" }, ring });
  say({
    type: "start",
    request: { recording: "b", path: join(folder, "none", "b.wav"), format: "wav", channels: "dual" },
    ring: makeRecorderRing(),
  });
  const tap = new RecorderTap(ring, 100);
  const tone = sine(620, 16_000);
  for (let i = 0; i < 100; i++)
    tapPacket(tap, "tx", { atMs: 100 + i * 20, pcm: tone.subarray(i * 160, (i + 1) * 160), rtpTimestamp: i * 160 });
  tap.close("legClosed", 2100);
  say({ type: "close" });
  await ended;
  expect(replies).toMatchObject([
    { type: "event", event: { type: "recordingFailed", recording: "b" } },
    { type: "event", event: { type: "recordingClosed", recording: "a", durationMs: 2000, reason: "legClosed" } },
    { type: "closed" },
  ]);
  expect(await repairRecording({ path, format: "wav" })).toMatchObject({ durationMs: 2000 });
  const [left, right] = readWavFile(path);
  expect(Math.max(...left!.map(Math.abs))).toBe(0);
  expect(shareOf(right!, 620)).toBeGreaterThan(0.99);
  rmSync(folder, { recursive: true });
});
