/**
 * Group commit: writes asked for in one turn of the event loop share one transaction, so that a burst of calls pays
 * for one commit. A write that fails takes no other with it.
 */
import { CodedError } from "@voepy/base";
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

/** Writes of one transaction: more would hold up the event loop for milliseconds. */
const GROUP_SIZE = 256;

/** `wrote` is called after each transaction. */
export function makeWriter(db: Db, wrote: () => void = () => undefined): Writer {
  let waiting: Pending[] = [];
  let isClosed = false;
  const transaction = db.transaction((group: readonly Pending[]) => group.map((pending) => pending.run()));

  const commit = (group: readonly Pending[]): void => {
    try {
      for (const settle of transaction.immediate(group)) settle();
      wrote();
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
        if (waiting.length === 0) setImmediate(flush);
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
