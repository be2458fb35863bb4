import { CodedError, silentLog } from "@voepy/base";
import { expect, test } from "vitest";
import { type Db, openDatabase } from "./db.ts";
import { makeWriter } from "./group-commit.ts";
import { readMigrations } from "./io/migration-files.ts";

const open = (): Db => openDatabase({ path: ":memory:", migrations: readMigrations(), log: silentLog });

test("a full disk refuses a write with internal_error, and all works again when there is room", async () => {
  const db = open();
  const writer = makeWriter(db);
  const insert = db.prepare<[string, string]>("INSERT INTO installation (name, value) VALUES (?, ?)");
  db.pragma(`max_page_count = ${db.pragma("page_count", { simple: true })}`);
  const big = "x".repeat(100_000);
  const refused = writer.write(() => insert.run("a", big));
  await expect(refused).rejects.toMatchObject({ code: "internal_error", cause: { code: "SQLITE_FULL" } });
  db.pragma("max_page_count = 100000");
  await writer.write(() => insert.run("a", big));
  expect(db.prepare("SELECT count(*) AS n FROM installation").get()).toEqual({ n: 1 });
  expect(db.pragma("integrity_check", { simple: true })).toBe("ok");
});

test("a database that only reads refuses writes and goes on answering reads", async () => {
  const db = open();
  const writer = makeWriter(db);
  db.pragma("query_only = ON");
  const write = () => db.prepare("INSERT INTO installation VALUES ('a', 'b')").run();
  await expect(writer.write(write)).rejects.toBeInstanceOf(CodedError);
  expect(db.prepare("SELECT count(*) AS n FROM installation").get()).toEqual({ n: 0 });
  db.pragma("query_only = OFF");
  await writer.write(write);
  expect(db.inTransaction).toBe(false);
});

test("a job's own CodedError passes through and undoes the job alone", async () => {
  const db = open();
  const writer = makeWriter(db);
  const insert = db.prepare<[string]>("INSERT INTO installation VALUES (?, 'v')");
  const results = await Promise.allSettled([
    writer.write(() => insert.run("kept")),
    writer.write(() => {
      insert.run("undone");
      throw new CodedError("not_found", "no such thing");
    }),
  ]);
  expect(results.map((result) => result.status)).toEqual(["fulfilled", "rejected"]);
  expect(results[1]).toMatchObject({ reason: { code: "not_found" } });
  expect(db.prepare("SELECT name FROM installation").all()).toEqual([{ name: "kept" }]);
});

test("more writes than one group holds are all done, in order", async () => {
  const db = open();
  const writer = makeWriter(db);
  const done: number[] = [];
  await Promise.all(Array.from({ length: 1000 }, (_, i) => writer.write(() => undefined).then(() => done.push(i))));
  expect(done).toEqual(Array.from({ length: 1000 }, (_, i) => i));
});
