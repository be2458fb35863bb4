/** The only file that knows better-sqlite3: opening, pragmas, bringing the schema up to date. */
import type { Log } from "@voepy/base";
import Database from "better-sqlite3";
import { removeFile } from "./io/data-folder.ts";
import type { Migration } from "./io/migration-files.ts";

export type Db = Database.Database;

export interface OpenOptions {
  /** A file whose folder exists, or `:memory:`. */
  readonly path: string;
  readonly migrations: readonly Migration[];
  readonly log: Log;
}

/** How long a write waits for another process (the CLI) that holds the database. */
const BUSY_TIMEOUT_MS = 1_000;
/** A WAL that grew beyond this is cut back after a checkpoint. */
const WAL_BYTES = 64 * 1024 * 1024;
/**
 * Checkpoints are made by a thread of their own (worker/checkpointer.ts). A WAL can only start anew when all of it was
 * copied, which may not come about while writes never pause: at this size (32 MB) the writer copies the rest itself.
 */
const WAL_PAGES = 8_192;

/** @throws Error when the file is no database, or its schema is newer than the last migration. */
export function openDatabase(options: OpenOptions): Db {
  const db = new Database(options.path, { timeout: BUSY_TIMEOUT_MS });
  try {
    db.pragma("journal_mode = WAL");
    // NORMAL syncs at checkpoints only. A process that dies, even by SIGKILL, loses nothing: what was written is in the
    // kernel's cache. A machine that loses power may lose its last commits, never its consistency. FULL would stall
    // signalling on an fsync for each commit.
    db.pragma("synchronous = NORMAL");
    db.pragma("foreign_keys = ON");
    db.pragma("trusted_schema = OFF");
    db.pragma("cell_size_check = ON");
    db.pragma(`journal_size_limit = ${WAL_BYTES}`);
    db.pragma(`wal_autocheckpoint = ${WAL_PAGES}`);
    migrate(db, options);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** A second connection that does nothing but copy the WAL into the database, without holding up the writer. */
export function openForCheckpoints(path: string): { checkpoint(): void; close(): void } {
  const db = new Database(path, { fileMustExist: true, timeout: BUSY_TIMEOUT_MS });
  db.pragma("synchronous = NORMAL");
  return { checkpoint: () => void db.pragma("wal_checkpoint(PASSIVE)"), close: () => void db.close() };
}

/** Opens for reading only and checks every page and index. */
export function lookInto(path: string): { schemaVersion: number; problems: readonly string[] } {
  const db = new Database(path, { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS });
  try {
    return { schemaVersion: schemaVersion(db), problems: integrityProblems(db) };
  } finally {
    db.close();
  }
}

function integrityProblems(db: Db): readonly string[] {
  try {
    const rows = db.pragma("integrity_check(20)") as { integrity_check: string }[]; // as SQLite documents it
    return rows.map((row) => row.integrity_check).filter((text) => text !== "ok");
  } catch (error) {
    // Too broken to be checked to the end.
    if (error instanceof Database.SqliteError && error.code.startsWith("SQLITE_CORRUPT")) return [error.message];
    throw error;
  }
}

/** Forward only, all missing steps in one transaction, after a copy of what was there. */
function migrate(db: Db, { path, migrations, log }: OpenOptions): void {
  const from = schemaVersion(db);
  const to = migrations.at(-1)?.version ?? 0;
  if (from === to) return;
  if (from > to) {
    throw new Error(
      `database ${path} has schema version ${from}, this version of voepy knows up to ${to}: ` +
        "start the newer voepy, or restore the copy made before the upgrade",
    );
  }
  if (from > 0 && path !== ":memory:") {
    const copy = `${path}.before-v${to}-of-v${from}`;
    // One of an upgrade that failed: nothing has changed since.
    removeFile(copy);
    db.prepare("VACUUM INTO ?").run(copy);
    log.info("database copied before upgrade", { copy });
  }
  db.transaction(() => {
    for (const step of migrations) if (step.version > from) db.exec(step.sql);
    db.pragma(`user_version = ${to}`);
  }).immediate();
  log.info("database schema is up to date", { from, to });
}

function schemaVersion(db: Db): number {
  const version = db.pragma("user_version", { simple: true });
  if (typeof version !== "number") throw new Error("PRAGMA user_version gave no number");
  return version;
}
