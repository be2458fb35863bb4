/** The pool's end of one media loop: a thread, or the same code inline. */
import { closeSync, writeSync } from "node:fs";
import { MessageChannel, Worker } from "node:worker_threads";
import type { Clock, Random } from "@voepy/base";
import { Graph } from "../graph/graph.ts";
import type { RtpIo } from "../io/rtp-io.ts";
import { makeDispatch } from "./dispatch.ts";
import { makeEventDriver } from "./event-driver.ts";
import type { MediaCommand, MediaMessage } from "./protocol.ts";
import type { MediaThreadData } from "./worker-main.ts";

export interface MediaLink {
  post(command: MediaCommand): void;
  /** Its sockets can be given to another link. */
  readonly isMovable: boolean;
  /** For sockets that a dead thread left open. */
  closeDescriptor(descriptor: number): void;
  /** After `shutdown` was answered. */
  end(): Promise<void>;
}

export interface LinkListener {
  onMessage(message: MediaMessage): void;
  /** The thread ended by itself: nothing of it will answer. Never called by `end`. */
  onLost(reason: string): void;
}

/** Resolves when the thread is ready. Rejects when it cannot start. */
export function startThread(
  options: Pick<MediaThreadData, "io" | "mediaSilenceMs">,
  listener: LinkListener,
): Promise<MediaLink> {
  const { port1, port2 } = new MessageChannel();
  const data: MediaThreadData = { ...options, port: port2 };
  const thread = new Worker(new URL("./worker-main.ts", import.meta.url), {
    name: "voepy media",
    workerData: data,
    transferList: [port2],
  });
  return new Promise((resolve, reject) => {
    let wakeDescriptor: number | undefined;
    let descriptors: readonly number[] = [];
    let reason = "the media thread ended";
    let isReady = false;
    let isOver = false;
    const link: MediaLink = {
      isMovable: options.io === "syscall",
      post(command) {
        if (isOver) return;
        port1.postMessage(command);
        if (wakeDescriptor !== undefined) writeSync(wakeDescriptor, ONE);
        if (command.type !== "shutdown") return;
        // The thread closes its descriptors now, and their numbers may soon be somebody else's.
        isOver = true;
        descriptors = [];
      },
      closeDescriptor: (descriptor) => {
        if (options.io === "syscall") closeSync(descriptor);
      },
      async end() {
        port1.close();
        await thread.terminate();
      },
    };
    port1.on("message", (message: MediaMessage) => {
      if (message.type !== "ready") return listener.onMessage(message);
      [wakeDescriptor] = message.descriptors;
      descriptors = message.descriptors;
      isReady = true;
      resolve(link);
    });
    thread.on("error", (error) => {
      reason = error.message;
    });
    thread.on("exit", () => {
      if (!isReady) reject(new Error(reason));
      if (!isReady || isOver) return;
      isOver = true;
      // A descriptor belongs to the process and outlives the thread.
      for (const descriptor of descriptors) closeSync(descriptor);
      listener.onLost(reason);
    });
  });
}

/** The 64-bit 1 an eventfd is raised by. */
const ONE = new Uint8Array(new BigUint64Array([1n]).buffer);

export function startInline(
  options: { io: RtpIo; clock: Clock; random: Random; mediaSilenceMs: number | undefined },
  listener: LinkListener,
): MediaLink {
  const graph = new Graph(options);
  const dispatch = makeDispatch(graph, undefined, (reply) => listener.onMessage(reply));
  const driver = makeEventDriver(graph, options.clock, () => {
    const events = graph.takeEvents();
    // Later, as from a thread: a listener must not run inside the packet or the command that caused it.
    if (events.length > 0) queueMicrotask(() => listener.onMessage({ type: "events", events }));
  });
  return {
    isMovable: false,
    post(command) {
      dispatch.handle(command);
      driver.wake();
    },
    closeDescriptor: () => undefined,
    end: async () => driver.stop(),
  };
}
