/**
 * A media thread. With system calls it runs its own loop: wait for packets until the next deadline, take them, run the ticks
 * that are due, send events, serve commands, and yield to Node's loop by `setImmediate`. With node:dgram it is driven by
 * callbacks.
 */
import { type MessagePort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { systemRandom } from "@voepy/base";
import { Graph } from "../graph/graph.ts";
import { makeDgramRtpIo } from "../io/dgram-rtp-io.ts";
import { makeSyscallRtpIo, type SyscallRtpIo } from "../io/syscall-rtp-io.ts";
import { makeThreadClock } from "../io/thread-clock.ts";
import { makeDispatch } from "./dispatch.ts";
import { makeEventDriver } from "./event-driver.ts";
import type { MediaCommand, MediaMessage } from "./protocol.ts";

/** What the pool starts the thread with. */
export interface MediaThreadData {
  readonly port: MessagePort;
  readonly io: "syscall" | "dgram";
  readonly mediaSilenceMs: number | undefined;
}

/** Longest sleep, ms: Node's own loop must turn too. A packet or a command ends it at once. */
const LONGEST_WAIT_MS = 5;
/** How long packets are served before Node's loop gets a turn, ms: a turn costs about as much as a packet. */
const YIELD_MS = 2;

function runSyscall(data: MediaThreadData, io: SyscallRtpIo): void {
  const clock = makeThreadClock();
  const { port } = data;
  const post = (message: MediaMessage): void => port.postMessage(message);
  const graph = new Graph({ io, clock, random: systemRandom, mediaSilenceMs: data.mediaSilenceMs });
  // What happened before an answer is told before it: a leg that is released must not take along a prompt that has ended.
  const dispatch = makeDispatch(graph, io, (reply) => {
    flush(graph, post);
    post(reply);
  });
  const loop = (): void => {
    // Looking into the port costs microseconds, so only when its sender has raised the wake.
    if (io.takeWake() && serve() === "over") return;
    const yieldMs = clock.nowMs() + YIELD_MS;
    let nowMs = clock.nowMs();
    do {
      const waitMs = Math.ceil(graph.nextStepMs() - nowMs);
      graph.step(Math.max(0, Math.min(LONGEST_WAIT_MS, waitMs)));
      flush(graph, post);
      nowMs = clock.nowMs();
    } while (nowMs < yieldMs && !io.isWoken);
    setImmediate(loop);
  };
  const serve = (): "open" | "over" => {
    for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
      const command: MediaCommand = next.message;
      dispatch.handle(command);
      if (command.type === "shutdown") {
        flush(graph, post);
        port.close();
        return "over";
      }
    }
    return "open";
  };
  post({ type: "ready", descriptors: [io.wakeDescriptor, io.epollDescriptor] });
  loop();
}

function runDgram(data: MediaThreadData): void {
  const clock = makeThreadClock();
  const { port } = data;
  const post = (message: MediaMessage): void => port.postMessage(message);
  const graph = new Graph({
    io: makeDgramRtpIo(),
    clock,
    random: systemRandom,
    mediaSilenceMs: data.mediaSilenceMs,
  });
  const dispatch = makeDispatch(graph, undefined, post);
  const driver = makeEventDriver(graph, clock, () => flush(graph, post));
  port.on("message", (command: MediaCommand) => {
    dispatch.handle(command);
    driver.wake();
    if (command.type !== "shutdown") return;
    driver.stop();
    port.close();
  });
  post({ type: "ready", descriptors: [] });
}

function flush(graph: Graph, post: (message: MediaMessage) => void): void {
  const events = graph.takeEvents();
  if (events.length > 0) post({ type: "events", events });
}

const data: MediaThreadData = workerData;
if (data.io === "syscall") runSyscall(data, makeSyscallRtpIo());
else runDgram(data);
