/**
 * All recordings of a process: reads their rings, writes their files, tells what became of them. Owns no thread and no
 * timer: the recorder thread steps it by the machine's clock, an inline pool by its own.
 */
import { messageOf } from "@voepy/base";
import type { MediaEvent, RecordingRequest } from "../types.ts";
import { type Mp3Encoder, Mp3Pass } from "./mp3-pass.ts";
import { Recording } from "./recording.ts";
import type { PartFile, RecordingFiles } from "./recording-file.ts";

export type RecorderEvent = Extract<MediaEvent, { type: "recordingClosed" | "recordingFailed" }>;

interface Finishing {
  readonly recording: Recording;
  readonly output: PartFile;
  readonly pass: Mp3Pass;
}

export class Recorder {
  readonly #files: RecordingFiles;
  readonly #encoder: Mp3Encoder;
  readonly #report: (event: RecorderEvent) => void;
  readonly #running = new Map<string, Recording>();
  /** Closed MP3 recordings, encoded one after the other. */
  readonly #waiting: Recording[] = [];
  #finishing: Finishing | undefined;

  constructor(files: RecordingFiles, encoder: Mp3Encoder, report: (event: RecorderEvent) => void) {
    this.#files = files;
    this.#encoder = encoder;
    this.#report = report;
  }

  /** Recordings that were started and not yet told about. */
  get openCount(): number {
    return this.#running.size + this.#waiting.length + (this.#finishing === undefined ? 0 : 1);
  }

  /** Begins reading `ring`, whose tap may not exist yet. A file that cannot be made is a `recordingFailed`. */
  start(request: RecordingRequest, ring: SharedArrayBuffer): void {
    let part: PartFile | undefined;
    try {
      part = this.#files.createPart(request.path, ".part");
      this.#running.set(request.recording, new Recording(request, ring, part));
    } catch (error) {
      part?.discard();
      this.#fail(request, error);
    }
  }

  /** Finishes with what has come: for a tap whose thread died without closing it. */
  abandon(recording: string): void {
    const found = this.#running.get(recording);
    if (found !== undefined) this.#advance(found, () => found.conclude());
  }

  /** Every 100 ms or sooner; `nowMs` monotonic, of any origin. Never throws. */
  step(nowMs: number): void {
    for (const recording of this.#running.values()) this.#advance(recording, () => recording.step(nowMs));
    this.#encode();
  }

  /** Finishes everything, also what no tap has closed; nothing is open afterwards. */
  close(): void {
    for (const recording of this.#running.values()) this.#advance(recording, () => recording.conclude());
    while (this.#finishing !== undefined || this.#waiting.length > 0) this.#encode();
  }

  /** What is on disk of a recording that fails stays there as its part, for a repair. */
  #advance(recording: Recording, move: () => void): void {
    const { request, part } = recording;
    try {
      move();
      if (recording.closed === undefined) return;
      this.#running.delete(request.recording);
      if (request.format === "mp3") {
        this.#waiting.push(recording);
        return;
      }
      part.publish();
      this.#tell(recording, part.sizeBytes);
    } catch (error) {
      this.#running.delete(request.recording);
      part.leave();
      this.#fail(request, error);
    }
  }

  /** One slice of the MP3 at hand. */
  #encode(): void {
    if (this.#finishing === undefined) this.#finishing = this.#takeNext();
    if (this.#finishing === undefined) return;
    const { recording, output, pass } = this.#finishing;
    try {
      if (!pass.step()) return;
      output.publish();
      recording.part.discard();
      this.#tell(recording, output.sizeBytes);
    } catch (error) {
      output.discard();
      recording.part.leave();
      this.#fail(recording.request, error);
    }
    this.#finishing = undefined;
  }

  #takeNext(): Finishing | undefined {
    const recording = this.#waiting.shift();
    if (recording === undefined) return undefined;
    try {
      const output = this.#files.createPart(recording.request.path, ".encoding");
      const pass = new Mp3Pass(this.#encoder, { from: recording.part, to: output }, recording.format);
      return { recording, output, pass };
    } catch (error) {
      recording.part.leave();
      this.#fail(recording.request, error);
      return undefined;
    }
  }

  #tell(recording: Recording, sizeBytes: number): void {
    this.#report({
      type: "recordingClosed",
      recording: recording.request.recording,
      durationMs: Math.round(recording.durationMs),
      sizeBytes,
      reason: recording.closed ?? "stopped",
    });
  }

  #fail({ recording }: RecordingRequest, error: unknown): void {
    this.#report({ type: "recordingFailed", recording, error: messageOf(error) });
  }
}
