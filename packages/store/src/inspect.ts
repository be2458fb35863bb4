/** A look at a database file for whoever diagnoses a machine: nothing is changed or brought up to date. */
import { lookInto } from "./db.ts";
import { readMigrations } from "./io/migration-files.ts";

export interface DatabaseState {
  /** Of the file. */
  readonly schemaVersion: number;
  /** What this version of voepy would bring it to. */
  readonly knownVersion: number;
  /** What SQLite finds broken; empty for a sound file. */
  readonly problems: readonly string[];
}

/** Works beside a running server. @throws Error when the file cannot be opened or is no database. */
export function inspectDatabase(path: string): DatabaseState {
  return { ...lookInto(path), knownVersion: readMigrations().at(-1)?.version ?? 0 };
}
