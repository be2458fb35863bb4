/**
 * What the store costs: node packages/store/bench/store.ts [ROWS]
 *
 * The life of a call is five commits (born, ringing, answered, ended, rated), each with its event, and one endpoint
 * that wants them all. Calls are spread over turns of the event loop as signalling spreads them. Then lists at ROWS
 * calls (default 200 000). Prints a table and one JSON line; times in µs.
 */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { idMaker, type MakeId, silentLog, systemClock, systemRandom } from "@voepy/base";
import { openDatabase } from "../src/db.ts";
import { readMigrations } from "../src/io/migration-files.ts";
import { openStore } from "../src/open-store.ts";
import type { CallStatus } from "../src/records.ts";
import type { CallFilter, Store } from "../src/store.ts";
import { makeCall, makeEvent, makeLeg, makeWebhook, NOON } from "../test/records.ts";

const LIFE: readonly CallStatus[] = ["initiated", "ringing", "answered", "ended", "ended"];
const makeId: MakeId = idMaker(systemClock, systemRandom);
const folder = mkdtempSync(join(tmpdir(), "voepy-store-bench-"));
const path = join(folder, "bench.db");
const figures: Record<string, number> = {};

async function liveThrough(store: Store, callsATurn: number, turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn++) {
    const ids = Array.from({ length: callsATurn }, () => ({ id: makeId("call"), leg: makeId("leg") }));
    for (const [step, status] of LIFE.entries()) {
      await Promise.all(
        ids.map(({ id, leg }) =>
          store.commit({
            calls: [makeCall({ id, status, sequence: step + 1, initiatedAt: systemClock.wallMs() })],
            legs: [makeLeg({ id: leg, callId: id })],
            events: [makeEvent(step + 1, { id: makeId("evt"), callId: id, data: "x".repeat(900) })],
          }),
        ),
      );
    }
  }
}

async function benchCommits(store: Store): Promise<void> {
  for (const callsATurn of [1, 10, 50]) {
    const turns = 2_000 / callsATurn;
    let longestMs = 0;
    let last = performance.now();
    const watch = setInterval(() => {
      const now = performance.now();
      longestMs = Math.max(longestMs, now - last);
      last = now;
    }, 1);
    const cpu = process.cpuUsage();
    await liveThrough(store, callsATurn, turns);
    const { user, system } = process.cpuUsage(cpu);
    clearInterval(watch);
    figures[`commit_us_${callsATurn}_at_once`] = Math.round((user + system) / (2_000 * LIFE.length));
    figures[`longest_stall_ms_${callsATurn}_at_once`] = Math.round(longestMs * 10) / 10;
  }
}

async function benchDeliveries(store: Store): Promise<void> {
  let done = 0;
  const startedMs = performance.now();
  while (done < 5_000) {
    const due = await store.deliveries.due(systemClock.wallMs(), 256);
    await Promise.all(
      due.map((delivery) => store.deliveries.update({ ...delivery, status: "delivered", attempts: 1 })),
    );
    done += due.length;
  }
  figures.delivery_us = Math.round(((performance.now() - startedMs) * 1_000) / done);
}

/** Straight into the table: what is measured is reading. */
function fill(rows: number): void {
  const db = openDatabase({ path, migrations: readMigrations(), log: silentLog });
  db.prepare(`
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
    INSERT INTO calls (id, tenant_id, node_id, direction, status, from_number, to_number, initiated_at, rating_status,
      sequence, customer_reference)
    SELECT printf('voepy_call_%026d', i), 'acme', 'n', iif(i % 1000 = 0, 'inbound', 'outbound'),
      iif(i % 5000 = 0, 'failed', 'ended'), '+1512555' || (i % 9973), '+1666' || i, ${NOON} - 1000 * i, 'rated', 5,
      iif(i % 100 = 0, 'ref-' || i, NULL)
    FROM n`).run(rows);
  db.close();
}

async function benchLists(store: Store): Promise<void> {
  const filters: Record<string, CallFilter> = {
    all: {},
    failed: { status: "failed" },
    inbound: { direction: "inbound" },
    from_and_ended: { fromNumber: "+151255542", status: "ended" },
    one_to: { toNumber: "+166699999", direction: "outbound" },
    reference: { customerReference: "ref-50000", status: "ended" },
    old: { initiatedBefore: NOON - 100_000_000 },
  };
  for (const [name, filter] of Object.entries(filters)) {
    const startedMs = performance.now();
    let cursor: string | undefined;
    let pages = 0;
    for (; pages < 20; pages++) {
      const page = await store.calls.list("acme", filter, { limit: 50, cursor });
      if (page.nextCursor === null) break;
      cursor = page.nextCursor;
    }
    figures[`list_${name}_us`] = Math.round(((performance.now() - startedMs) * 1_000) / Math.max(1, pages));
  }
}

const rows = Number(process.argv[2] ?? 200_000);
try {
  let store = await openStore({ path, clock: systemClock, makeId, log: silentLog });
  await store.settings.saveWebhook(makeWebhook());
  await benchCommits(store);
  await benchDeliveries(store);
  await store.close();
  fill(rows);
  store = await openStore({ path, clock: systemClock, makeId, log: silentLog });
  await benchLists(store);
  await store.close();
  figures.database_mb = Math.round(statSync(path).size / 1e5) / 10;
  console.table(figures);
  console.log(JSON.stringify({ bench: "store", rows, ...figures }));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
