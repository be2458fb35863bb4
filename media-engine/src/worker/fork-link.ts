/** The pool's end of all forks: a thread of its own, started with the first fork, or the same core inline. */
import { Worker } from "node:worker_threads";
import type { Clock, Timer } from "@voepy/base";
import { readFigures } from "../fork/figures.ts";
import type { ForkEvent, ForkMemory } from "../fork/fork.ts";
import { Forks, STEP_MS } from "../fork/forks.ts";
import type { ConnectFork } from "../fork/socket.ts";
import { makeFileDecoder } from "../io/file-decoder.ts";
import { makeForkConnector } from "../io/fork-socket.ts";
import type { ForkRequest } from "../types.ts";
import type { ForkThreadData } from "./fork-main.ts";
import type { ForkCommand, ForkReply } from "./fork-protocol.ts";

export interface ForkLink {
  start(request: ForkRequest, memory: ForkMemory): void;
  stop(stream: string, reason: "stopped" | "legClosed"): void;
  digit(stream: string, digit: string, durationMs: number): void;
  /** Resolves when all forks have ended and were told. */
  close(): Promise<void>;
}

export function makeThreadForks(ffmpegPath: string | undefined, report: (event: ForkEvent) => void): ForkLink {
  const open = new Map<string, ForkMemory>();
  let thread: Worker | undefined;
  let closed: () => void = () => undefined;

  const lost = (error: string): void => {
    thread = undefined;
    const forks = [...open];
    open.clear();
    for (const [stream, { figures }] of forks) report({ type: "failed", stream, error, figures: readFigures(figures) });
    closed();
  };
  const startThread = (): Worker => {
    const workerData: ForkThreadData = { ffmpegPath };
    const started = new Worker(new URL("./fork-main.ts", import.meta.url), { name: "voepy forks", workerData });
    let reason = "the fork thread ended";
    started.on("message", (reply: ForkReply) => {
      if (reply.type === "closed") return;
      if (reply.event.type !== "started") open.delete(reply.event.stream);
      report(reply.event);
    });
    started.on("error", (error) => {
      reason = error.message;
    });
    started.on("exit", () => lost(reason));
    return started;
  };
  const post = (command: ForkCommand): void => thread?.postMessage(command);
  return {
    start(request, memory) {
      thread ??= startThread();
      open.set(request.stream, memory);
      post({ type: "start", request, memory });
    },
    stop: (stream, reason) => post({ type: "stop", stream, reason }),
    digit: (stream, digit, durationMs) => post({ type: "digit", stream, digit, durationMs }),
    close() {
      if (thread === undefined) return Promise.resolve();
      return new Promise((resolve) => {
        closed = resolve;
        post({ type: "close" });
      });
    },
  };
}

export function makeInlineForks(
  options: { clock: Clock; connect: ConnectFork | undefined; ffmpegPath: string | undefined },
  report: (event: ForkEvent) => void,
): ForkLink {
  const { clock } = options;
  const forks = new Forks({
    connect: options.connect ?? makeForkConnector(),
    decodeFile: makeFileDecoder(options.ffmpegPath),
    nowMs: () => clock.nowMs(),
    wallMs: () => clock.wallMs(),
    // Later, as from a thread: a listener must not run inside the command that caused it.
    report: (event) => queueMicrotask(() => report(event)),
  });
  let timer: Timer | undefined;
  const arm = (): void => {
    timer ??= clock.schedule(clock.nowMs() + STEP_MS, () => {
      timer = undefined;
      forks.step(clock.nowMs());
      if (forks.openCount > 0) arm();
    });
  };
  return {
    start(request, memory) {
      forks.start(request, memory);
      arm();
    },
    stop: (stream, reason) => forks.stop(stream, reason),
    digit: (stream, digit, durationMs) => forks.digit(stream, digit, durationMs),
    close: async () => {
      timer?.cancel();
      forks.close();
    },
  };
}
