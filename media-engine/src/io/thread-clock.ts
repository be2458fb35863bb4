/** Monotonic time that all threads of the process share; `performance.now()` counts from the start of each thread. */
import { type Clock, systemClock } from "@voepy/base";

export function makeThreadClock(): Clock {
  const [seconds, nanoseconds] = process.hrtime();
  const offsetMs = seconds * 1000 + nanoseconds / 1e6 - performance.now();
  return {
    nowMs: () => performance.now() + offsetMs,
    wallMs: systemClock.wallMs,
    schedule: (atMs, run) => systemClock.schedule(atMs - offsetMs, run),
  };
}
