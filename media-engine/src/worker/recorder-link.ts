/** The pool's end of the recorder: a thread of its own, started with the first recording, or the same core inline. */
import { Worker } from "node:worker_threads";
import type { Clock, Timer } from "@voepy/base";
import { openRecorder } from "../io/recorder.ts";
import type { RecorderEvent } from "../nodes/recorder.ts";
import type { RecordingRequest } from "../types.ts";
import type { RecorderCommand, RecorderReply } from "./recorder-protocol.ts";

export interface RecorderLink {
  start(request: RecordingRequest, ring: SharedArrayBuffer): void;
  /** Its tap is gone without a word: finish with what has come. */
  abandon(recording: string): void;
  readonly openCount: number;
  /** Resolves when all recordings are finished and told. */
  close(): Promise<void>;
}

/** How often rings are emptied inline, ms. */
const STEP_MS = 100;

export function makeThreadRecorder(report: (event: RecorderEvent) => void): RecorderLink {
  const open = new Set<string>();
  let thread: Worker | undefined;
  let closed: () => void = () => undefined;

  const lost = (reason: string): void => {
    thread = undefined;
    const recordings = [...open];
    open.clear();
    for (const recording of recordings) report({ type: "recordingFailed", recording, error: reason });
    closed();
  };
  const startThread = (): Worker => {
    const started = new Worker(new URL("./recorder-main.ts", import.meta.url), { name: "voepy recorder" });
    let reason = "the recorder thread ended";
    started.on("message", (reply: RecorderReply) => {
      if (reply.type === "closed") return;
      open.delete(reply.event.recording);
      report(reply.event);
    });
    started.on("error", (error) => {
      reason = error.message;
    });
    started.on("exit", () => lost(reason));
    return started;
  };
  const post = (command: RecorderCommand): void => thread?.postMessage(command);
  return {
    start(request, ring) {
      thread ??= startThread();
      open.add(request.recording);
      post({ type: "start", request, ring });
    },
    abandon: (recording) => post({ type: "abandon", recording }),
    get openCount() {
      return open.size;
    },
    close() {
      if (thread === undefined) return Promise.resolve();
      return new Promise((resolve) => {
        closed = resolve;
        post({ type: "close" });
      });
    },
  };
}

export async function makeInlineRecorder(clock: Clock, report: (event: RecorderEvent) => void): Promise<RecorderLink> {
  const recorder = await openRecorder(report);
  let timer: Timer | undefined;
  const arm = (): void => {
    timer ??= clock.schedule(clock.nowMs() + STEP_MS, () => {
      timer = undefined;
      recorder.step(clock.nowMs());
      if (recorder.openCount > 0) arm();
    });
  };
  return {
    start(request, ring) {
      recorder.start(request, ring);
      arm();
    },
    abandon: (recording) => recorder.abandon(recording),
    get openCount() {
      return recorder.openCount;
    },
    close: async () => {
      timer?.cancel();
      recorder.close();
    },
  };
}
