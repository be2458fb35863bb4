/** The thread of flite-pool.ts: compiles the engine once, then speaks one text after another, each on a fresh instance. */
import { readFileSync, readlinkSync } from "node:fs";
import { setPriority } from "node:os";
import { basename } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { messageOf } from "@voepy/base";
import type { FliteAnswer, FliteJob } from "./flite-pool.ts";
import { WasiHost } from "./wasi-host.ts";

const port = parentPort;
if (port === null || typeof workerData !== "string") throw new Error("to be started by flite-pool.ts");
const LESS_THAN_MEDIA = 10;
// Linux counts niceness by thread, and the link names the thread that reads it: calls that talk go before texts that wait.
if (process.platform === "linux") setPriority(Number(basename(readlinkSync("/proc/thread-self"))), LESS_THAN_MEDIA);
const module = new WebAssembly.Module(readFileSync(workerData));
const OUTPUT = "speech.wav";

port.on("message", (job: FliteJob) => {
  port.postMessage(answer(job));
});

function answer({ voice, text, stretch }: FliteJob): FliteAnswer {
  try {
    const rate = stretch === 1 ? [] : ["--setf", `duration_stretch=${stretch.toFixed(3)}`];
    const { status, host } = WasiHost.run(module, ["flite", "-voice", voice, ...rate, "-t", text, "-o", OUTPUT]);
    const wav = host.file(OUTPUT);
    if (status !== 0 || wav === undefined) return { problem: `the embedded engine ended with ${status} and no sound` };
    return { wav };
  } catch (thrown) {
    return { problem: `the embedded engine failed: ${messageOf(thrown)}` };
  }
}
