import { CodedError, silentLog } from "@voepy/base";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { type Db, openDatabase } from "./db.ts";
import { makeWriter } from "./group-commit.ts";
import { readMigrations } from "./io/migration-files.ts";
import { makeSettingsTables } from "./tables/settings.ts";
import { makeWebhooksTable } from "./tables/webhooks.ts";

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

test("a database of the first schema is brought up to date with its rows", () => {
  const db = new Database(":memory:");
  const [first, ...later] = readMigrations();
  db.exec(first?.sql ?? "");
  db.exec("INSERT INTO tenants VALUES ('acme', 0, 10, 5, NULL)");
  db.exec("INSERT INTO numbers VALUES ('n1', 'acme', '+15125550100', NULL, '{\"type\":\"echo\"}')");
  db.exec("INSERT INTO routes VALUES ('r1', 'acme', 'both', '[]', '{\"mode\":\"none\"}', '[]', '[\"PCMU\"]')");
  db.exec("INSERT INTO sip_users VALUES ('u1', 'acme', 'alice', 'wonder', NULL, 0)");
  db.exec("INSERT INTO api_keys VALUES ('k1', 'acme', 'dev', 'aa', '[\"*\"]', 1, NULL)");
  db.exec("INSERT INTO webhooks VALUES ('w1', 'acme', 'https://hooks.test', NULL, '[\"*\"]', 'whsec_AA', 1, 1)");
  for (const { sql } of later) db.exec(sql);
  const settings = makeSettingsTables(db, () => 0);
  const loaded = settings.load();
  expect(loaded.tenants[0]).toMatchObject({ id: "acme", maxConcurrentCalls: 10 });
  expect(loaded.numbers[0]).toMatchObject({ number: "+15125550100", inboundAction: { type: "echo" } });
  expect(loaded.routes[0]).toMatchObject({ id: "r1", codecs: ["PCMU"] });
  expect(loaded.sipUsers[0]).toMatchObject({ username: "alice", outbound: false });
  expect(loaded.numbers[0]?.createdAt).toBeGreaterThan(Date.UTC(2026, 0));
  expect(settings.apiKeyByHash("aa")).toMatchObject({ name: "dev", lastUsedAt: null });
  expect(makeWebhooksTable(db).get("w1")).toMatchObject({ declared: true, previousSecret: null });
  db.close();
});
