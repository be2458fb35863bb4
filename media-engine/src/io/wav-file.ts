/** Mends what a crash left of a recording. */
import { closeSync, openSync, readSync, statSync } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";
import { bytesPerStep, makeWavHeader, readWavHeader, WAV_HEADER_BYTES, type WavFormat } from "../codec/wav-header.ts";
import { Mp3Pass, mp3BytesPerMs } from "../nodes/mp3-pass.ts";
import type { RepairRecording } from "../types.ts";
import { makeMp3Encoder } from "./mp3-encoder.ts";
import { type DiskPart, diskFiles, openPart } from "./recording-file.ts";

interface Finished {
  readonly durationMs: number;
  readonly sizeBytes: number;
}

/**
 * Mends `path` + `.part` left by a crash into the finished file. A file that was finished already, its part gone, is left as
 * it is and measured. Resolves undefined when there is no audio to save; rejects with the system's Error.
 */
export const repairRecording: RepairRecording = async ({ path, format }) => {
  const part = openIfThere(() => openPart(path));
  if (part === undefined) return measure(path, format);
  try {
    const header = new Uint8Array(WAV_HEADER_BYTES);
    part.read(0, header);
    const wav = readWavHeader(header);
    const dataBytes = wav === undefined ? 0 : wholeSteps(wav, part.sizeBytes - WAV_HEADER_BYTES);
    if (wav === undefined || dataBytes <= 0) {
      part.discard();
      return measure(path, format);
    }
    part.truncate(WAV_HEADER_BYTES + dataBytes);
    part.patch(0, makeWavHeader(wav, dataBytes));
    return { durationMs: durationOf(wav, dataBytes), sizeBytes: await finish(part, wav, { path, format }) };
  } catch (error) {
    part.leave();
    throw error;
  }
};

async function finish(
  part: DiskPart,
  wav: WavFormat,
  { path, format }: { path: string; format: "wav" | "mp3" },
): Promise<number> {
  if (format === "wav") {
    part.publish();
    return part.sizeBytes;
  }
  const output = diskFiles.createPart(path, ".encoding");
  try {
    const pass = new Mp3Pass(await makeMp3Encoder(), { from: part, to: output }, wav);
    while (!pass.step()) await nextTurn();
    output.publish();
  } catch (error) {
    output.discard();
    throw error;
  }
  part.discard();
  return output.sizeBytes;
}

/** What a finished file holds; undefined when there is none or nothing in it. */
function measure(path: string, format: "wav" | "mp3"): Finished | undefined {
  const descriptor = openIfThere(() => openSync(path, "r"));
  if (descriptor === undefined) return undefined;
  try {
    const header = new Uint8Array(WAV_HEADER_BYTES);
    readSync(descriptor, header, 0, header.length, 0);
    const sizeBytes = statSync(path).size;
    if (format === "mp3") {
      const perMs = mp3BytesPerMs(header);
      return perMs === undefined ? undefined : { durationMs: Math.round(sizeBytes / perMs), sizeBytes };
    }
    const wav = readWavHeader(header);
    const dataBytes = wav === undefined ? 0 : wholeSteps(wav, sizeBytes - WAV_HEADER_BYTES);
    return wav === undefined || dataBytes <= 0 ? undefined : { durationMs: durationOf(wav, dataBytes), sizeBytes };
  } finally {
    closeSync(descriptor);
  }
}

function openIfThere<T>(open: () => T): T | undefined {
  try {
    return open();
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

/** A crash may have cut a sample in two. */
function wholeSteps(wav: WavFormat, bytes: number): number {
  return bytes - (bytes % bytesPerStep(wav));
}

function durationOf(wav: WavFormat, dataBytes: number): number {
  return Math.round((dataBytes / bytesPerStep(wav) / wav.sampleRateHz) * 1000);
}
