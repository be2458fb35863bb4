/** One table's columns, named once: records carry camelCase names, SQL snake_case ones, and statements translate. */

export interface Table {
  readonly name: string;
  /** `SELECT every_column AS "everyField", … FROM name`. */
  readonly select: string;
  /** `INSERT … VALUES (@everyField, …)`. */
  readonly insert: string;
  /** `insert`, or the whole row anew where its id is there. */
  readonly upsert: string;
}

export function defineTable<Row extends { readonly id: string }>(
  name: string,
  columns: Readonly<Record<keyof Row & string, string>>,
): Table {
  const pairs: [field: string, column: string][] = Object.entries(columns);
  const insert =
    `INSERT INTO ${name} (${pairs.map(([, column]) => column).join(", ")}) ` +
    `VALUES (${pairs.map(([field]) => `@${field}`).join(", ")})`;
  const changed = pairs.filter(([field]) => field !== "id").map(([, column]) => `${column} = excluded.${column}`);
  return {
    name,
    select: `SELECT ${pairs.map(([field, column]) => `${column} AS "${field}"`).join(", ")} FROM ${name}`,
    insert,
    upsert: `${insert} ON CONFLICT (id) DO UPDATE SET ${changed.join(", ")}`,
  };
}
