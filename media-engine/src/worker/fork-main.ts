/**
 * The fork thread: all WebSockets of all calls, so that neither a media loop nor the main thread ever works for them. Started by the
 * pool; see `fork-protocol.ts` for what is said.
 */
import { parentPort, workerData } from "node:worker_threads";
import { unreachable } from "@voepy/base";
import { Forks, STEP_MS } from "../fork/forks.ts";
import { makeFileDecoder } from "../io/file-decoder.ts";
import { makeForkConnector } from "../io/fork-socket.ts";
import { makeThreadClock } from "../io/thread-clock.ts";
import type { ForkCommand, ForkReply } from "./fork-protocol.ts";

/** What the pool starts the thread with. */
export interface ForkThreadData {
  readonly ffmpegPath: string | undefined;
}

const port = parentPort;
if (port === null) throw new Error("fork-main runs as a worker thread only");

const data: ForkThreadData = workerData;
const clock = makeThreadClock();
const reply = (message: ForkReply): void => port.postMessage(message);
const forks = new Forks({
  connect: makeForkConnector(),
  decodeFile: makeFileDecoder(data.ffmpegPath),
  nowMs: clock.nowMs,
  wallMs: clock.wallMs,
  report: (event) => reply({ type: "event", event }),
});
let timer: NodeJS.Timeout | undefined;

function run(): void {
  forks.step(clock.nowMs());
  if (forks.openCount > 0) return;
  clearInterval(timer);
  timer = undefined;
}

port.on("message", (command: ForkCommand) => {
  switch (command.type) {
    case "start":
      forks.start(command.request, command.memory);
      timer ??= setInterval(run, STEP_MS);
      return;
    case "stop":
      return forks.stop(command.stream, command.reason);
    case "digit":
      return forks.digit(command.stream, command.digit, command.durationMs);
    case "close":
      clearInterval(timer);
      forks.close();
      reply({ type: "closed" });
      return port.close();
    default:
      return unreachable(command);
  }
});
