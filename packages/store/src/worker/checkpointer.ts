/**
 * Checkpoints on a thread of their own. They wait for the disk, tens of milliseconds at a time, which the thread that
 * carries signalling must not: it only ever appends to the WAL.
 */
import { Worker } from "node:worker_threads";
import { type Log, messageOf } from "@voepy/base";

export interface Checkpointer {
  /** One transaction more is in the WAL. */
  wrote(): void;
  close(): Promise<void>;
}

/** Transactions between two checkpoints: about a thousand pages, which SQLite itself would take. */
const TRANSACTIONS = 64;
const HEAP_MB = 16;

export function startCheckpointer(path: string, log: Log): Checkpointer {
  const worker = new Worker(new URL("./checkpoint-thread.ts", import.meta.url), {
    workerData: path,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
  });
  // It holds nothing that must be finished: the process may end without it.
  worker.unref();
  let transactions = 0;
  let isIdle = true;
  let isGone = false;
  const gone = new Promise<void>((resolve) => {
    worker.on("exit", () => {
      isGone = true;
      resolve();
    });
  });
  worker.on("message", () => {
    isIdle = true;
  });
  worker.on("error", (error) => log.warn("checkpoints go on in the main thread", { error: messageOf(error) }));
  return {
    wrote() {
      transactions++;
      if (isGone || !isIdle || transactions < TRANSACTIONS) return;
      transactions = 0;
      isIdle = false;
      worker.postMessage("checkpoint");
    },
    async close() {
      if (isGone) return;
      worker.ref();
      worker.postMessage("stop");
      await gone;
    },
  };
}
