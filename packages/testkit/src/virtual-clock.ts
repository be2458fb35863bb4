/**
 * A `Clock` that stands still until told to move, so that minutes of calls take milliseconds and every run is
 * the same. Between two instants promises and `setImmediate` callbacks settle; real I/O (files, sockets, threads)
 * does not belong to virtual time and must be awaited by whoever starts it.
 */
import type { Clock, Timer } from "@voepy/base";

interface Entry {
  readonly atMs: number;
  /** Ties run in the order they were scheduled. */
  readonly order: number;
  run: (() => void) | undefined;
}

/** Timers one instant may run before we say that something re-arms itself for ever. */
const MOST_TIMERS_AN_INSTANT = 100_000;

/** 2026-01-01T00:00:00Z: any fixed moment would do. */
const DEFAULT_WALL_MS = 1_767_225_600_000;

export class VirtualClock implements Clock {
  readonly #wallStartMs: number;
  /** Binary heap by (atMs, order). Cancelled entries stay until they surface. */
  readonly #heap: Entry[] = [];
  #nowMs = 0;
  #order = 0;
  #isAdvancing = false;

  constructor(options: { wallMs?: number } = {}) {
    this.#wallStartMs = options.wallMs ?? DEFAULT_WALL_MS;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#wallStartMs + this.#nowMs;
  }

  schedule(atMs: number, run: () => void): Timer {
    if (Number.isNaN(atMs)) throw new Error("a timer was scheduled at NaN ms");
    const entry: Entry = { atMs: Math.max(atMs, this.#nowMs), order: this.#order++, run };
    push(this.#heap, entry);
    return {
      cancel: () => {
        entry.run = undefined;
      },
    };
  }

  /** Timers that have neither run nor been cancelled. */
  pending(): number {
    return this.#heap.filter((entry) => entry.run !== undefined).length;
  }

  /** Runs everything due within the next `ms`, in order of time, and ends exactly that much later. */
  async advance(ms: number): Promise<void> {
    await this.#move(this.#nowMs + ms, () => false);
  }

  /** Advances no further than until `condition` holds; throws naming `what` when `limitMs` pass without it. */
  async until(condition: () => boolean, limitMs = 60_000, what = "the awaited condition"): Promise<void> {
    if (await this.#move(this.#nowMs + limitMs, condition)) return;
    throw new Error(`${what} did not come true within ${limitMs} ms of virtual time`);
  }

  /** Advances until `promise` settles, and gives what it gave. */
  async resolve<T>(promise: Promise<T>, limitMs = 60_000, what = "the awaited promise"): Promise<T> {
    let isSettled = false;
    const mark = (): void => {
      isSettled = true;
    };
    promise.then(mark, mark);
    await this.until(() => isSettled, limitMs, what);
    return promise;
  }

  async #move(endMs: number, condition: () => boolean): Promise<boolean> {
    if (this.#isAdvancing) throw new Error("the virtual clock is already being advanced: await the first call");
    this.#isAdvancing = true;
    try {
      for (;;) {
        await settle();
        if (condition()) return true;
        const next = this.#peek();
        if (next === undefined || next.atMs > endMs) break;
        this.#nowMs = next.atMs;
        this.#runDue();
      }
      this.#nowMs = endMs;
      return condition();
    } finally {
      this.#isAdvancing = false;
    }
  }

  /** Earliest live timer; dead ones above it are dropped. */
  #peek(): Entry | undefined {
    let top = this.#heap[0];
    while (top !== undefined && top.run === undefined) {
      pop(this.#heap);
      top = this.#heap[0];
    }
    return top;
  }

  #runDue(): void {
    for (let ran = 0; ; ran++) {
      const top = this.#peek();
      if (top === undefined || top.atMs > this.#nowMs) return;
      if (ran === MOST_TIMERS_AN_INSTANT) throw new Error(`timers re-arm themselves without end at ${this.#nowMs} ms`);
      const run = top.run;
      pop(this.#heap);
      top.run = undefined;
      run?.();
    }
  }
}

/** Two turns of the event loop: promise chains end in the first, a `setImmediate` started by them runs in the second. */
async function settle(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
  await new Promise<void>((resolve) => setImmediate(resolve));
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

function push(heap: Entry[], entry: Entry): void {
  let at = heap.length;
  heap.push(entry);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!isBefore(entry, heap[parent]!)) break;
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = entry;
}

function pop(heap: Entry[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let at = 0;
  for (;;) {
    let child = at * 2 + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
    if (!isBefore(heap[child]!, last)) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = last;
}
