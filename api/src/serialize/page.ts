/** Lists as the API shows them: newest first, with an opaque cursor. */
import type { Page } from "@voepy/store";
import { z } from "zod";

/** `limit` and `cursor` of every list; query values are text. */
export const pageFields = {
  limit: z
    .string()
    .regex(/^\d{1,4}$/, "must be a whole number from 1 to 200")
    .transform(Number)
    .pipe(z.int().min(1).max(200))
    .default(50)
    .meta({ description: "Rows a page", type: "integer", minimum: 1, maximum: 200, default: 50, pattern: undefined }),
  cursor: z.string().min(1).max(512).optional().meta({ description: "`next_cursor` of the page before" }),
};

export function serializePage<Row>(page: Page<Row>, serialize: (row: Row) => unknown) {
  return {
    data: page.rows.map(serialize),
    next_cursor: page.nextCursor,
    has_more: page.nextCursor !== null,
  };
}

/** A list that is always whole. */
export function serializeAll<Row>(rows: readonly Row[], serialize: (row: Row) => unknown) {
  return serializePage({ rows, nextCursor: null }, serialize);
}
