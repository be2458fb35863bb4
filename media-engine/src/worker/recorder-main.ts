/**
 * The recorder thread: steps the recorder ten times a second, so that no media loop ever waits for a disk. Started by
 * the pool; see `recorder-protocol.ts` for what is said.
 */
import { parentPort } from "node:worker_threads";
import { unreachable } from "@voepy/base";
import { openRecorder } from "../io/recorder.ts";
import type { RecorderCommand, RecorderReply } from "./recorder-protocol.ts";

const STEP_MS = 100;

const port = parentPort;
if (port === null) throw new Error("recorder-main runs as a worker thread only");

const reply = (message: RecorderReply): void => port.postMessage(message);
const recorder = await openRecorder((event) => reply({ type: "event", event }));
const timer = setInterval(() => recorder.step(performance.now()), STEP_MS);

port.on("message", (command: RecorderCommand) => {
  switch (command.type) {
    case "start":
      return recorder.start(command.request, command.ring);
    case "abandon":
      return recorder.abandon(command.recording);
    case "close":
      clearInterval(timer);
      recorder.close();
      reply({ type: "closed" });
      return port.close();
    default:
      return unreachable(command);
  }
});
