/** One piece of work for all who want it now: it is aborted when the last of them no longer does. */

interface Running<T> {
  readonly result: Promise<T>;
  readonly abort: AbortController;
  wanted: number;
}

export class SharedWork<T> {
  readonly #running = new Map<string, Running<T>>();

  /** Begins `work` unless it runs under `key` already. Rejects with the signal's reason as soon as it is aborted. */
  async get(key: string, work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    const running = this.#running.get(key) ?? this.#begin(key, work);
    running.wanted++;
    let leave = (): void => undefined;
    const left = new Promise<never>((_, reject) => {
      leave = () => reject(signal.reason);
      signal.addEventListener("abort", leave, { once: true });
    });
    try {
      return await Promise.race([running.result, left]);
    } finally {
      signal.removeEventListener("abort", leave);
      if (--running.wanted === 0) {
        if (this.#running.get(key) === running) this.#running.delete(key);
        // Nothing once it has ended.
        running.abort.abort(signal.reason);
      }
    }
  }

  #begin(key: string, work: (signal: AbortSignal) => Promise<T>): Running<T> {
    const abort = new AbortController();
    const running: Running<T> = { result: work(abort.signal), abort, wanted: 0 };
    this.#running.set(key, running);
    const forget = (): void => {
      if (this.#running.get(key) === running) this.#running.delete(key);
    };
    // Who wants it hears of a failure; without this one that nobody waits for any more would be unhandled.
    running.result.then(forget, forget);
    return running;
  }
}
