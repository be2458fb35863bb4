import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { silentLog } from "@voepy/base";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openDatabase } from "../../src/db.ts";
import { readMigrations } from "../../src/io/migration-files.ts";
import { makeCall, memoryStore, stillClock } from "../records.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "voepy-store-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Starts the writer, waits for `count` acknowledged commits, kills it, and returns all that it acknowledged. */
async function killWhileWriting(path: string, count: number): Promise<string[]> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "endless-writer.ts"), path], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const acknowledged: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    acknowledged.push(line);
    if (acknowledged.length === count) child.kill("SIGKILL");
  }
  return acknowledged;
}

test("a process killed in the middle of writing loses no row that it acknowledged", async () => {
  const path = join(folder, "data", "voepy.db");
  for (const count of [1, 40, 333]) {
    const acknowledged = await killWhileWriting(path, count);
    expect(acknowledged.length).toBeGreaterThanOrEqual(count);
    const store = await memoryStore(stillClock(), path);
    for (const id of acknowledged) {
      expect((await store.calls.get("acme", id))?.call.id).toBe(id);
      const [event] = await store.events.ofCall("acme", id);
      expect(event?.sequence).toBe(1);
    }
    await store.close();
    const db = openDatabase({ path, migrations: readMigrations(), log: silentLog });
    expect(db.pragma("integrity_check", { simple: true })).toBe("ok");
    expect(db.pragma("foreign_key_check")).toEqual([]);
    // State and outbox are one commit: as many events as calls, and a delivery for each.
    const counts = db.prepare<[], { calls: number; events: number; deliveries: number }>(`
      SELECT (SELECT count(*) FROM calls) AS calls, (SELECT count(*) FROM events) AS events,
        (SELECT count(*) FROM deliveries) AS deliveries`);
    const found = counts.get();
    expect(found).toEqual({ calls: found?.calls, events: found?.calls, deliveries: found?.calls });
    db.close();
  }
}, 60_000);

test("a store is there again after it was closed, in a folder only its owner may read", async () => {
  const path = join(folder, "deep", "data", "voepy.db");
  const store = await memoryStore(stillClock(), path);
  await store.commit({ calls: [makeCall()] });
  await store.close();
  const again = await memoryStore(stillClock(), path);
  expect((await again.calls.get("acme", "voepy_call_1"))?.call).toEqual(makeCall());
  await again.close();
  expect(statSync(join(folder, "deep", "data")).mode & 0o777).toBe(0o700);
});

test("an upgrade copies the old database, runs the missing steps, and a downgrade is refused in clear words", () => {
  const path = join(folder, "voepy.db");
  const one = { version: 1, name: "001-a.sql", sql: "CREATE TABLE a (x); INSERT INTO a VALUES (1);" };
  const two = { version: 2, name: "002-b.sql", sql: "ALTER TABLE a ADD COLUMN y; UPDATE a SET y = x + 1;" };
  openDatabase({ path, migrations: [one], log: silentLog }).close();
  const db = openDatabase({ path, migrations: [one, two], log: silentLog });
  expect(db.prepare("SELECT x, y FROM a").all()).toEqual([{ x: 1, y: 2 }]);
  db.close();
  expect(readdirSync(folder)).toContain("voepy.db.before-v2-of-v1");
  expect(() => openDatabase({ path, migrations: [one], log: silentLog })).toThrow(/schema version 2.*knows up to 1/);
});

test("a step that fails leaves the schema as it was, however often it is tried", () => {
  const path = join(folder, "voepy.db");
  const one = { version: 1, name: "001-a.sql", sql: "CREATE TABLE a (x);" };
  const bad = { version: 2, name: "002-b.sql", sql: "CREATE TABLE b (x); INSERT INTO nowhere VALUES (1);" };
  openDatabase({ path, migrations: [one], log: silentLog }).close();
  for (let attempt = 0; attempt < 2; attempt++) {
    expect(() => openDatabase({ path, migrations: [one, bad], log: silentLog })).toThrow(/nowhere/);
  }
  const db = openDatabase({ path, migrations: [one], log: silentLog });
  expect(db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all()).toEqual([{ name: "a" }]);
  db.close();
});

test("a file that is no database is refused", async () => {
  const path = join(import.meta.dirname, "endless-writer.ts");
  await expect(memoryStore(stillClock(), path)).rejects.toThrow(/not a database/);
});
