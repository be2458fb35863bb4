/**
 * Group commit: writes asked for in one turn of the event loop share one transaction, so that a burst of calls pays
 * for one commit. A write that fails takes no other with it.
 */
import { type Clock, CodedError } from "@voepy/base";
import type { Db } from "./db.ts";

export interface Writer {
  /**
   * Runs `job` inside a transaction soon and resolves with its result once that is committed. `job` works on the
   * database only and may run twice: a group that fails is repeated one by one.
   *
   * @throws CodedError `internal_error` when the database refuses; CodedErrors of the job pass through.
   */
  write<T>(job: () => T): Promise<T>;
  /** Commits what is waiting; from now on `write` rejects. */
  close(): void;
}

interface Pending {
  /** Does the work and returns what to call once it is committed. */
  readonly run: () => () => void;
  readonly reject: (error: Error) => void;
}

/**
 * A `defer` that lets `groupMs` pass between two transactions: a write that comes alone is not held up, and in a storm of
 * them each transaction takes in what came since the last.
 */
export function pacedBy(clock: Clock, groupMs: number): (run: () => void) => void {
  let nextMs = Number.NEGATIVE_INFINITY;
  return (run) => {
    const nowMs = clock.nowMs();
    const atMs = Math.max(nowMs, nextMs);
    nextMs = atMs + groupMs;
    if (atMs === nowMs) setImmediate(run);
    else clock.schedule(atMs, run);
  };
}

/** Writes of one transaction: more would hold up the event loop for milliseconds. */
const GROUP_SIZE = 256;

export interface WriterOptions {
  /** Called after each transaction. */
  readonly wrote?: (() => void) | undefined;
  /** Runs a function soon, never inside the call. Default: in the next turn of the event loop. */
  readonly defer?: (run: () => void) => void;
}

export function makeWriter(db: Db, options: WriterOptions = {}): Writer {
  const { wrote, defer = setImmediate } = options;
  let waiting: Pending[] = [];
  let isClosed = false;
  const transaction = db.transaction((group: readonly Pending[]) => group.map((pending) => pending.run()));

  const commit = (group: readonly Pending[]): void => {
    try {
      for (const settle of transaction.immediate(group)) settle();
      wrote?.();
    } catch (error) {
      if (group.length === 1) group[0]?.reject(asCoded(error));
      else for (const pending of group) commit([pending]);
    }
  };
  const flush = (): void => {
    const group = waiting.slice(0, GROUP_SIZE);
    waiting = waiting.slice(GROUP_SIZE);
    if (waiting.length > 0) setImmediate(flush);
    if (group.length > 0) commit(group);
  };

  return {
    write: (job) =>
      new Promise((resolve, reject) => {
        if (isClosed) {
          reject(new CodedError("internal_error", "the store is closed"));
          return;
        }
        if (waiting.length === 0) defer(flush);
        const run = (): (() => void) => {
          const result = job();
          return () => resolve(result);
        };
        waiting.push({ run, reject });
      }),
    close() {
      isClosed = true;
      while (waiting.length > 0) flush();
    },
  };
}

function asCoded(error: unknown): CodedError {
  if (error instanceof CodedError) return error;
  return new CodedError("internal_error", "the store refused a write", { cause: error });
}
