/** Messages between the pool and the recorder thread (`worker/recorder-main.ts`). */
import type { RecorderEvent } from "../nodes/recorder.ts";
import type { RecordingRequest } from "../types.ts";

export type RecorderCommand =
  | { readonly type: "start"; readonly request: RecordingRequest; readonly ring: SharedArrayBuffer }
  | { readonly type: "abandon"; readonly recording: string }
  /** Answered by `closed`; the thread then ends by itself. */
  | { readonly type: "close" };

export type RecorderReply = { readonly type: "event"; readonly event: RecorderEvent } | { readonly type: "closed" };
