/** What is kept for a time only: once an hour, what is older goes. */
import type { RecordingFiles } from "@voepy/api";
import { type Clock, type Log, messageOf, type Timer } from "@voepy/base";
import type { Store } from "@voepy/store";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Events and their deliveries are kept this long, so that a receiver can catch up after any outage. */
const EVENTS_DAYS = 30;
/** The first time soon after the start, for a server that is never up for an hour. */
const FIRST_AFTER_MS = 60_000;
/** Recordings that expire between two breaths. */
const BATCH = 100;

export interface HousekeepingOptions {
  readonly store: Store;
  readonly files: Pick<RecordingFiles, "remove">;
  readonly clock: Clock;
  readonly log: Log;
  /** 0: recordings are kept for ever. */
  readonly retentionDays: number;
}

export interface Housekeeping {
  /** Resolves when a round under way has ended. */
  close(): Promise<void>;
}

export function startHousekeeping(options: HousekeepingOptions): Housekeeping {
  const { clock, log } = options;
  let isClosed = false;
  let timer: Timer;
  let round: Promise<void> = Promise.resolve();
  const wait = (ms: number): void => {
    timer = clock.schedule(clock.nowMs() + ms, () => {
      round = sweep(options, () => isClosed)
        .catch((thrown: unknown) => log.error("old rows and files were not removed", { why: messageOf(thrown) }))
        .then(() => {
          if (!isClosed) wait(HOUR_MS);
        });
    });
  };
  wait(FIRST_AFTER_MS);
  return {
    close() {
      isClosed = true;
      timer.cancel();
      return round;
    },
  };
}

async function sweep(options: HousekeepingOptions, isClosed: () => boolean): Promise<void> {
  const { store, clock, log } = options;
  const recordings = await expireRecordings(options, isClosed);
  const eventsBeforeMs = clock.wallMs() - EVENTS_DAYS * DAY_MS;
  let rows = 0;
  for (let gone = -1; gone !== 0 && !isClosed(); rows += gone) gone = await store.prune(eventsBeforeMs);
  if (recordings + rows > 0) log.info("removed what is too old", { recordings, rows });
}

/** The file goes first: should we die in between, the row is found again. */
async function expireRecordings(
  { store, files, clock, log, retentionDays }: HousekeepingOptions,
  isClosed: () => boolean,
): Promise<number> {
  if (retentionDays === 0) return 0;
  const beforeMs = clock.wallMs() - retentionDays * DAY_MS;
  let count = 0;
  while (!isClosed()) {
    const due = await store.recordings.expiring(beforeMs, BATCH);
    const expired = [];
    for (const recording of due) {
      try {
        await files.remove(recording.path);
        expired.push({ ...recording, status: "expired" as const });
      } catch (thrown) {
        log.warn("an expired recording was not removed", { recording: recording.id, why: messageOf(thrown) });
      }
    }
    await store.commit({ recordings: expired });
    count += expired.length;
    // What could not be removed is found again: the next round tries again.
    if (due.length < BATCH || expired.length === 0) break;
  }
  return count;
}
