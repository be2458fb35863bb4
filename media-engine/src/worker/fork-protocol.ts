/** Messages between the pool and the fork thread (`worker/fork-main.ts`). */
import type { ForkEvent, ForkMemory } from "../fork/fork.ts";
import type { ForkRequest } from "../types.ts";

export type ForkCommand =
  | { readonly type: "start"; readonly request: ForkRequest; readonly memory: ForkMemory }
  | { readonly type: "stop"; readonly stream: string; readonly reason: "stopped" | "legClosed" }
  | { readonly type: "digit"; readonly stream: string; readonly digit: string; readonly durationMs: number }
  /** Answered by `closed`; the thread then ends by itself. */
  | { readonly type: "close" };

export type ForkReply = { readonly type: "event"; readonly event: ForkEvent } | { readonly type: "closed" };
