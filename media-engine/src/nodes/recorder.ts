/** The recorder's interface. */
import type { MediaEvent, RecordingRequest } from "../types.ts";

export type RecorderEvent = Extract<MediaEvent, { type: "recordingClosed" | "recordingFailed" }>;

export interface Recorder {
  /** Begins reading `ring` (whose tap may not exist yet). A file that cannot be made is a `recordingFailed`. */
  start(request: RecordingRequest, ring: SharedArrayBuffer): void;
  /** Finishes with what has come: for a tap whose worker died without closing it. */
  abandon(recording: string): void;
  /** Every 100 ms or sooner; `nowMs` monotonic, of any origin. Never throws. */
  step(nowMs: number): void;
  /** Finishes all recordings whose taps are closed, abandons the others; nothing is open afterwards. */
  close(): void;
  readonly openCount: number;
}

/** With real files: for the recorder thread, and for the pool when it runs inline. Resolves once the encoder is compiled. */
export declare function openRecorder(report: (event: RecorderEvent) => void): Promise<Recorder>;
