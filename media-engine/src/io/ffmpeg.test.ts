import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { shareOf } from "../../test/sound.ts";
import { makeWav } from "../../test/wav.ts";
import { decodeByFfmpeg, findFfmpeg } from "./ffmpeg.ts";
import { makePromptStore } from "./prompt-store.ts";

const ffmpeg = findFfmpeg(undefined);
const wav = makeWav({ tag: 1, bits: 16, channels: 2, rateHz: 44_100 }, { frequencyHz: 440, seconds: 2 });

/** The tone as another kind of file. Undefined: this ffmpeg cannot write it. */
function encoded(...output: string[]): Uint8Array | undefined {
  const made = spawnSync(ffmpeg ?? "ffmpeg", ["-loglevel", "error", "-i", "pipe:0", ...output, "pipe:1"], {
    input: wav,
  });
  return made.status === 0 ? new Uint8Array(made.stdout) : undefined;
}

describe.skipIf(ffmpeg === undefined)("with ffmpeg", () => {
  test.each([
    ["mp3", ["-f", "mp3"]],
    ["ogg", ["-f", "ogg"]],
    ["flac", ["-f", "flac"]],
    ["m4a", ["-c:a", "aac", "-movflags", "frag_keyframe+empty_moov", "-f", "mp4"]],
  ])("%s is played at its pitch and in its length", async (_, output) => {
    const bytes = encoded(...output);
    if (bytes === undefined) return;
    const store = makePromptStore({});
    const { durationMs } = await store.prepare("k", bytes);
    expect(Math.abs(durationMs - 2000)).toBeLessThan(150);
    expect(shareOf(store.pcm("k", 8000)!.subarray(2000, 14_000), 440)).toBeGreaterThan(0.97);
  });

  test("an m4a with its index at the end is played too", async () => {
    const folder = mkdtempSync(join(tmpdir(), "m4a-"));
    const path = join(folder, "a.m4a");
    const made = spawnSync(
      ffmpeg ?? "ffmpeg",
      ["-loglevel", "error", "-i", "pipe:0", "-c:a", "aac", "-b:a", "192k", path],
      {
        input: makeWav({ tag: 1, bits: 16, channels: 2, rateHz: 44_100 }, { frequencyHz: 440, seconds: 30 }),
      },
    );
    const bytes = made.status === 0 ? new Uint8Array(readFileSync(path)) : undefined;
    rmSync(folder, { recursive: true });
    if (bytes === undefined) return;
    const { durationMs } = await makePromptStore({}).prepare("k", bytes);
    expect(Math.abs(durationMs - 30_000)).toBeLessThan(150);
  });

  test.each([
    ["a playlist named mp3", "#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n"],
    ["a concat script", "ffconcat version 1.0\nfile /etc/passwd\n"],
    ["a playlist behind an ID3 tag", "ID3\x03\0\0\0\0\0\x0a0123456789#EXTM3U\nfile:///etc/passwd\n"],
    ["an AVI", "RIFF\xff\xff\0\0AVI LIST"],
    ["a page of HTML", "<!doctype html><html></html>"],
    ["an MP4 that is nothing else", "\0\0\0\x18ftypisom\0\0\0\0isomiso2"],
    ["nothing", ""],
  ])("%s is refused and reaches nothing", async (_, text) => {
    const bytes = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
    await expect(makePromptStore({}).prepare("k", bytes)).rejects.toMatchObject({ code: "media_unreachable" });
  });

  test("decoding ends when it is given up", async () => {
    const bytes = encoded("-f", "mp3");
    if (bytes === undefined) return;
    const signal = AbortSignal.abort();
    await expect(decodeByFfmpeg(bytes, { sampleRateHz: 8000, signal })).rejects.toThrow("given up");
  });
});

test("without ffmpeg the refusal says what to install", async () => {
  const bytes = Uint8Array.from("fLaC", (letter) => letter.charCodeAt(0));
  const store = makePromptStore({ ffmpegPath: "/nowhere/ffmpeg" });
  await expect(store.prepare("k", bytes)).rejects.toThrow("install ffmpeg");
});
