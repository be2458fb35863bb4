/** Small values of the installation, made once. */
import type { Db } from "../db.ts";

export interface ValuesTable {
  get(name: string): string | undefined;
  /** The stored value, or `make()` stored. */
  getOrAdd(name: string, make: () => string): string;
}

export function makeValuesTable(db: Db): ValuesTable {
  const find = db.prepare<[string], { value: string }>("SELECT value FROM installation WHERE name = ?");
  const add = db.prepare<[string, string]>("INSERT INTO installation (name, value) VALUES (?, ?)");
  const get = (name: string): string | undefined => find.get(name)?.value;
  return {
    get,
    getOrAdd(name, make) {
      const there = get(name);
      if (there !== undefined) return there;
      const value = make();
      add.run(name, value);
      return value;
    },
  };
}
