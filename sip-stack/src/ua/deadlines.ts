/**
 * All waiting of a user agent in one binary heap: machines keep no timers, they arm entries here. Cancelling
 * marks an entry dead where it lies; the dead are dropped when they surface, or all at once when they are most.
 */
export interface Deadline<T> {
  /** Monotonic ms. */
  readonly atMs: number;
  readonly what: T;
  /** Order of arming: breaks ties, so that a run replays exactly. */
  readonly order: number;
  /** False once cancelled or fired. */
  live: boolean;
}

/** Below this many entries the dead are not worth sweeping. */
const SWEEP_FLOOR = 1024;

export class Deadlines<T> {
  #heap: Deadline<T>[] = [];
  #dead = 0;
  #order = 0;

  /** Live entries. */
  get size(): number {
    return this.#heap.length - this.#dead;
  }

  arm(atMs: number, what: T): Deadline<T> {
    const entry: Deadline<T> = { atMs, what, order: this.#order++, live: true };
    this.#heap.push(entry);
    this.#rise(this.#heap.length - 1);
    return entry;
  }

  /** Idempotent; undefined and fired entries are fine. */
  cancel(entry: Deadline<unknown> | undefined): void {
    if (entry === undefined || !entry.live) return;
    entry.live = false;
    this.#dead++;
    if (this.#dead > SWEEP_FLOOR && this.#dead * 2 > this.#heap.length) this.#sweep();
  }

  /** When `popDue` next has something; undefined when nothing waits. */
  nextMs(): number | undefined {
    this.#dropDead();
    return this.#heap[0]?.atMs;
  }

  /** The earliest entry due at `nowMs`, taken out. */
  popDue(nowMs: number): T | undefined {
    this.#dropDead();
    const top = this.#heap[0];
    if (top === undefined || top.atMs > nowMs) return undefined;
    this.#removeTop();
    top.live = false;
    return top.what;
  }

  #dropDead(): void {
    while (this.#heap[0]?.live === false) {
      this.#removeTop();
      this.#dead--;
    }
  }

  #removeTop(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#sink(0);
  }

  #sweep(): void {
    this.#heap = this.#heap.filter((entry) => entry.live).sort((a, b) => (earlier(a, b) ? -1 : 1));
    this.#dead = 0;
  }

  #rise(from: number): void {
    const heap = this.#heap;
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!earlier(heap[at]!, heap[parent]!)) return;
      swap(heap, at, parent);
      at = parent;
    }
  }

  #sink(from: number): void {
    const heap = this.#heap;
    let at = from;
    for (;;) {
      const left = at * 2 + 1;
      if (left >= heap.length) return;
      const right = left + 1;
      const child = right < heap.length && earlier(heap[right]!, heap[left]!) ? right : left;
      if (!earlier(heap[child]!, heap[at]!)) return;
      swap(heap, at, child);
      at = child;
    }
  }
}

function earlier<T>(a: Deadline<T>, b: Deadline<T>): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

function swap<T>(heap: Deadline<T>[], a: number, b: number): void {
  const held = heap[a]!;
  heap[a] = heap[b]!;
  heap[b] = held;
}
