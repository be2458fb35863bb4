import { readdirSync, readFileSync } from "node:fs";

export interface Migration {
  /** 1, 2, 3 …: the schema version it leads to. */
  readonly version: number;
  readonly name: string;
  readonly sql: string;
}

const FOLDER = new URL("../../migrations/", import.meta.url);

/** The steps of `migrations/NNN-*.sql` in order. @throws Error when a number is missing or double. */
export function readMigrations(folder: URL = FOLDER): readonly Migration[] {
  const names = readdirSync(folder)
    .filter((name) => /^\d{3}-.+\.sql$/.test(name))
    .sort();
  return names.map((name, index) => {
    const version = Number(name.slice(0, 3));
    if (version !== index + 1) throw new Error(`migration ${name} does not follow ${names[index - 1] ?? "000"}`);
    return { version, name, sql: readFileSync(new URL(name, folder), "utf8") };
  });
}
