import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { idMaker, seededRandom, silentLog, systemClock } from "@voepy/base";
import { afterEach, beforeEach, expect, test } from "vitest";
import { inspectDatabase } from "./inspect.ts";
import { openStore } from "./open-store.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "voepy-inspect-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function madeFile(): Promise<string> {
  const path = join(folder, "voepy.db");
  const store = await openStore({
    path,
    clock: systemClock,
    makeId: idMaker(systemClock, seededRandom(1)),
    log: silentLog,
  });
  await store.close();
  return path;
}

test("a sound database is told with its schema version, and left as it is", async () => {
  const path = await madeFile();
  const before = readFileSync(path);
  const state = inspectDatabase(path);
  expect(state.problems).toEqual([]);
  expect(state.schemaVersion).toBe(state.knownVersion);
  expect(state.knownVersion).toBeGreaterThan(0);
  expect(readFileSync(path)).toEqual(before);
});

test("a database with a broken page is told as broken", async () => {
  const path = await madeFile();
  const bytes = readFileSync(path);
  // The second page is the root of a table or index: all of it is overwritten.
  bytes.fill(0xee, 4096, 8192);
  writeFileSync(path, bytes);
  expect(inspectDatabase(path).problems.length).toBeGreaterThan(0);
});

test("a file that is no database, and one that is not there, are refused", () => {
  const path = join(folder, "other.db");
  writeFileSync(path, "this is no database, only text ".repeat(40));
  expect(() => inspectDatabase(path)).toThrow(/not a database/);
  expect(() => inspectDatabase(join(folder, "missing.db"))).toThrow(/unable to open/);
});
