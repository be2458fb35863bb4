/** Work in turns: so much at once, so much waiting, and what nobody wants any more is not begun. */
import { CodedError } from "@voepy/base";

interface Waiting {
  readonly begin: () => void;
  readonly signal: AbortSignal;
}

export class Turns {
  readonly #mostAtOnce: number;
  readonly #mostWaiting: number;
  #waiting: Waiting[] = [];
  #running = 0;

  constructor(mostAtOnce: number, mostWaiting: number) {
    this.#mostAtOnce = mostAtOnce;
    this.#mostWaiting = mostWaiting;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Rejects with CodedError `rate_limited` when too many wait, and with the signal's reason if it is aborted before its turn. */
  async take<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    if (this.#running >= this.#mostAtOnce) await this.#turn(signal);
    else this.#running++;
    try {
      return await work();
    } finally {
      // The place is handed on as it is: nobody new gets in between.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next.begin();
    }
  }

  #turn(signal: AbortSignal): Promise<void> {
    if (this.#waiting.length >= this.#mostWaiting)
      throw new CodedError("rate_limited", `${this.#waiting.length} texts are waiting to be spoken already`);
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiting = this.#waiting.filter((other) => other !== waiting);
        reject(signal.reason);
      };
      const waiting: Waiting = {
        signal,
        begin: () => {
          signal.removeEventListener("abort", leave);
          resolve();
        },
      };
      signal.addEventListener("abort", leave, { once: true });
      this.#waiting.push(waiting);
    });
  }
}
