/** The pool's forks: which leg each is of, its shared memory, its end. */
import type { Clock } from "@voepy/base";
import { makeFiguresMemory, readFigures } from "../fork/figures.ts";
import type { ForkEvent, ForkMemory } from "../fork/fork.ts";
import type { ConnectFork } from "../fork/socket.ts";
import { makeTalkbackRing } from "../fork/talkback-ring.ts";
import { makeRing } from "../nodes/ring.ts";
import type { ForkFigures, ForkRequest, MediaEvent } from "../types.ts";
import { type ForkLink, makeInlineForks, makeThreadForks } from "./fork-link.ts";
import type { MediaClient } from "./media-client.ts";

/** A second of both directions of G.711, a quarter of one of wide L16: far more than the fork's thread is late. */
const RING_BYTES = 32 * 1024;

interface OpenFork {
  readonly leg: MediaClient;
  readonly memory: ForkMemory;
}

export class PoolForks {
  readonly #link: ForkLink;
  readonly #emit: (event: MediaEvent) => void;
  readonly #open = new Map<string, OpenFork>();

  constructor(
    options: {
      readonly isInline: boolean;
      readonly clock: Clock;
      readonly connect: ConnectFork | undefined;
      readonly ffmpegPath: string | undefined;
    },
    emit: (event: MediaEvent) => void,
  ) {
    const report = (event: ForkEvent): void => this.#onEvent(event);
    this.#link = options.isInline ? makeInlineForks(options, report) : makeThreadForks(options.ffmpegPath, report);
    this.#emit = emit;
  }

  get openCount(): number {
    return this.#open.size;
  }

  start(leg: MediaClient, request: ForkRequest): void {
    const memory: ForkMemory = {
      ring: makeRing(RING_BYTES),
      talkback: request.talkback === undefined ? undefined : makeTalkbackRing(),
      figures: makeFiguresMemory(),
    };
    this.#open.set(request.stream, { leg, memory });
    leg.tapFork(request, memory);
    this.#link.start(request, memory);
  }

  stop(stream: string): void {
    this.#link.stop(stream, "stopped");
  }

  figures(stream: string): ForkFigures | undefined {
    const open = this.#open.get(stream);
    return open && readFigures(open.memory.figures);
  }

  digit(leg: string, digit: string, durationMs: number): void {
    for (const [stream, open] of this.#open) if (open.leg.id === leg) this.#link.digit(stream, digit, durationMs);
  }

  /** The leg's thread is gone and will not end its taps. */
  abandon(leg: MediaClient): void {
    for (const [stream, open] of this.#open) if (open.leg === leg) this.#link.stop(stream, "legClosed");
  }

  close(): Promise<void> {
    return this.#link.close();
  }

  #onEvent(told: ForkEvent): void {
    const { stream } = told;
    const open = this.#open.get(stream);
    if (open === undefined) return;
    const leg = open.leg.id;
    if (told.type === "started") {
      this.#emit({ type: "forkStarted", leg, stream });
      return;
    }
    this.#open.delete(stream);
    open.leg.untapFork(stream);
    if (told.type === "failed") this.#emit({ ...told, type: "forkFailed", leg });
    else this.#emit({ ...told, type: "forkStopped", leg });
  }
}
