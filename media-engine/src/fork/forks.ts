/** All forks of a process. Owns no thread and no timer: the fork thread steps it, an inline pool by its own clock. */
import { messageOf } from "@voepy/base";
import type { ForkRequest } from "../types.ts";
import { readFigures } from "./figures.ts";
import { Fork, type ForkMemory, type ForkSurroundings } from "./fork.ts";

/** How often to step, ms: what a packet waits for at most. */
export const STEP_MS = 5;

export class Forks {
  readonly #around: ForkSurroundings;
  readonly #running = new Map<string, Fork>();

  constructor(around: ForkSurroundings) {
    this.#around = around;
  }

  get openCount(): number {
    return this.#running.size;
  }

  start(request: ForkRequest, memory: ForkMemory): void {
    try {
      this.#running.set(request.stream, new Fork(request, memory, this.#around));
    } catch (error) {
      const figures = readFigures(memory.figures);
      this.#around.report({ type: "failed", stream: request.stream, error: messageOf(error), figures });
    }
  }

  stop(stream: string, reason: "stopped" | "legClosed"): void {
    this.#running.get(stream)?.stop(reason);
    this.#running.delete(stream);
  }

  digit(stream: string, digit: string, durationMs: number): void {
    this.#running.get(stream)?.digit(digit, durationMs);
  }

  /** Every `STEP_MS`. Never throws. */
  step(nowMs: number): void {
    for (const [stream, fork] of this.#running) {
      fork.step(nowMs);
      if (fork.isOver) this.#running.delete(stream);
    }
  }

  /** Ends all of them. */
  close(): void {
    for (const fork of this.#running.values()) fork.stop("legClosed");
    this.#running.clear();
  }
}
