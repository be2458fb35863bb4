/** One table's columns, named once: records carry camelCase names, SQL snake_case ones, and statements translate. */
import type { Db } from "./db.ts";

export interface Table {
  readonly name: string;
  /** `SELECT every_column AS "everyField", … FROM name`. */
  readonly select: string;
  /** `INSERT … VALUES (@everyField, …)`. */
  readonly insert: string;
  /** `insert`, or the whole row anew where its id is there. */
  readonly upsert: string;
  /** The whole row anew where the fields named as lasting are what they were; it leaves their indexes alone. */
  readonly update: string;
}

export function defineTable<Row extends { readonly id: string }>(
  name: string,
  columns: Readonly<Record<keyof Row & string, string>>,
  lasting: readonly (keyof Row & string)[] = [],
): Table {
  const pairs: [field: string, column: string][] = Object.entries(columns);
  const insert =
    `INSERT INTO ${name} (${pairs.map(([, column]) => column).join(", ")}) ` +
    `VALUES (${pairs.map(([field]) => `@${field}`).join(", ")})`;
  const isLasting = (field: string): boolean => field === "id" || lasting.some((name) => name === field);
  const changing = pairs.filter(([field]) => !isLasting(field));
  const kept = pairs.filter(([field]) => isLasting(field));
  const replaced = pairs.filter(([field]) => field !== "id").map(([, column]) => `${column} = excluded.${column}`);
  return {
    name,
    select: `SELECT ${pairs.map(([field, column]) => `${column} AS "${field}"`).join(", ")} FROM ${name}`,
    insert,
    upsert: `${insert} ON CONFLICT (id) DO UPDATE SET ${replaced.join(", ")}`,
    update:
      `UPDATE ${name} SET ${changing.map(([field, column]) => `${column} = @${field}`).join(", ")} ` +
      `WHERE ${kept.map(([field, column]) => `${field === "id" ? "" : "+"}${column} IS @${field}`).join(" AND ")}`,
  };
}

/**
 * Saves whole rows. Most saves change a row that is there, and most of its indexed fields never change, so that is
 * tried first: SQLite rewrites every index whose column is named in an UPDATE.
 */
export function rowSaver<Row extends { readonly id: string }>(db: Db, table: Table): (row: Row) => void {
  const update = db.prepare<Row>(table.update);
  const upsert = db.prepare<Row>(table.upsert);
  return (row) => {
    if (update.run(row).changes === 0) upsert.run(row);
  };
}
