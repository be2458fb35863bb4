/**
 * Runs a graph by callbacks, where the io cannot wait: packets call `readable`, ticks come from the clock. For the inline
 * mode, virtual time, and media threads on node:dgram.
 */
import type { Clock, Timer } from "@voepy/base";
import type { Graph } from "../graph/graph.ts";

export interface EventDriver {
  /** After commands: what is due may have changed. */
  wake(): void;
  stop(): void;
}

/** `flush` is called after each step. */
export function makeEventDriver(graph: Graph, clock: Clock, flush: () => void): EventDriver {
  let timer: Timer | undefined;
  let armedMs = Number.POSITIVE_INFINITY;
  let isStepping = false;
  let isStopped = false;

  const arm = (): void => {
    const nextMs = graph.nextStepMs();
    if (nextMs === armedMs) return;
    timer?.cancel();
    armedMs = nextMs;
    timer = nextMs === Number.POSITIVE_INFINITY ? undefined : clock.schedule(nextMs, tick);
  };
  const step = (): void => {
    // A packet sent may arrive within the call when both ends are in this process.
    if (isStepping || isStopped) return;
    isStepping = true;
    graph.step(0);
    isStepping = false;
    flush();
    arm();
  };
  const tick = (): void => {
    armedMs = Number.POSITIVE_INFINITY;
    timer = undefined;
    step();
  };
  graph.wire.io.onReadable(step);
  return {
    wake() {
      flush();
      if (!isStopped) arm();
    },
    stop() {
      isStopped = true;
      timer?.cancel();
    },
  };
}
