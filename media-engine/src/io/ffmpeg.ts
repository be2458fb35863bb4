/**
 * Sound of other kinds by ffmpeg: a stranger's bytes on its stdin, PCM from its stdout, nothing else. It gets no file, no URL,
 * no protocol but the pipe, no choice of format, and a limit of time and size.
 */
import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { CodedError } from "@voepy/base";
import { putIndexFirst } from "../codec/mp4-index-first.ts";
import { type Container, sniffContainer } from "../codec/sniff.ts";
import { MOST_PROMPT_BYTES } from "../nodes/prompt-store.ts";

const LIMIT_MS = 20_000;
const MOST_ALLOCATED = 128 * 1024 * 1024;
/** Of what it has to say about a broken file. */
const COMPLAINT_BYTES = 2000;

/** Undefined when there is none. */
export function findFfmpeg(configured: string | undefined): string | undefined {
  const candidates =
    configured === undefined
      ? (process.env["PATH"] ?? "")
          .split(delimiter)
          .filter((folder) => folder !== "")
          .map((folder) => join(folder, "ffmpeg"))
      : [configured];
  return candidates.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

export interface FfmpegRequest {
  readonly sampleRateHz: number;
  readonly ffmpegPath?: string | undefined;
  /** Ends it at once, as `media_unreachable`. */
  readonly signal?: AbortSignal | undefined;
}

/** Resolves mono 16-bit little-endian PCM. Rejects with CodedError `media_unreachable`. */
export async function decodeByFfmpeg(bytes: Uint8Array, request: FfmpegRequest): Promise<Uint8Array> {
  const container = sniffContainer(bytes);
  if (container === undefined) throw unplayable("this is none of wav, mp3, ogg, flac and m4a");
  const path = findFfmpeg(request.ffmpegPath);
  if (path === undefined)
    throw unplayable(
      `${container} needs ffmpeg, and none was found: install ffmpeg or set its path in the configuration`,
    );
  const input = container === "mov" ? putIndexFirst(bytes) : bytes;
  return await run(path, argumentsFor(container, request.sampleRateHz), input, request.signal);
}

function argumentsFor(container: Container, sampleRateHz: number): string[] {
  const options = [
    // Seconds of CPU, and bytes in one piece: a file may ask for either without end.
    `-nostdin -hide_banner -loglevel error -threads 1 -timelimit ${LIMIT_MS / 1000} -max_alloc ${MOST_ALLOCATED}`,
    // Only the pipe may be opened, whatever the file says about other places.
    `-protocol_whitelist pipe -f ${container} -i pipe:0`,
    // The first sound in it, no pictures, subtitles or data.
    "-map 0:a:0 -vn -sn -dn",
    `-f s16le -acodec pcm_s16le -ac 1 -ar ${sampleRateHz} -fs ${MOST_PROMPT_BYTES} pipe:1`,
  ];
  return options.join(" ").split(" ");
}

function run(path: string, args: string[], input: Uint8Array, abort: AbortSignal | undefined): Promise<Uint8Array> {
  const timeout = AbortSignal.timeout(LIMIT_MS);
  const signal = abort === undefined ? timeout : AbortSignal.any([abort, timeout]);
  return new Promise((resolve, reject) => {
    // An empty environment: nothing of ours is its business.
    const child = spawn(path, args, { stdio: ["pipe", "pipe", "pipe"], env: {}, signal, killSignal: "SIGKILL" });
    const pieces: Buffer[] = [];
    let size = 0;
    let complaint = "";
    child.stdout.on("data", (piece: Buffer) => {
      pieces.push(piece);
      size += piece.length;
      if (size > MOST_PROMPT_BYTES) child.kill("SIGKILL");
    });
    child.stderr.on("data", (piece: Buffer) => {
      if (complaint.length < COMPLAINT_BYTES) complaint += piece.toString("latin1");
    });
    // It may have read enough and gone before we have written all: its exit tells what came of it.
    child.stdin.on("error", () => child.stdin.destroy());
    child.on("error", (error) => reject(unplayable(causeOf(error, timeout), error)));
    child.on("close", (code) => {
      if (size > MOST_PROMPT_BYTES) reject(unplayable("a prompt is two hours long at most"));
      else if (code === 0 && size > 0) resolve(Buffer.concat(pieces));
      else reject(unplayable(firstLine(complaint) ?? `ffmpeg found no sound in it (exit ${code})`));
    });
    child.stdin.end(input);
  });
}

function causeOf(error: Error, timeout: AbortSignal): string {
  if (timeout.aborted) return `decoding took longer than ${LIMIT_MS / 1000} s`;
  return error.name === "AbortError" ? "decoding was given up" : `ffmpeg could not be started: ${error.message}`;
}

function firstLine(complaint: string): string | undefined {
  const line = complaint.split("\n")[0]?.trim() ?? "";
  return line === "" ? undefined : `ffmpeg says: ${line}`;
}

function unplayable(reason: string, cause?: unknown): CodedError {
  return new CodedError("media_unreachable", `this audio cannot be played: ${reason}`, { cause });
}
