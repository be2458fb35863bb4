/** Cursors: the place in an ordered list after which the next page begins, opaque to those who carry them. */
import { CodedError } from "@voepy/base";
import type { Page, PageRequest } from "./store.ts";

/** What a list is ordered by: a number and, where that is not unique, an id. */
export interface Place {
  readonly at: number;
  readonly id: string;
}

const LONGEST_CURSOR = 256;
const LARGEST_PAGE = 200;

/** `kind` keeps a cursor of one list from being used in another. */
export function printCursor(kind: string, place: Place): string {
  return Buffer.from(JSON.stringify([kind, place.at, place.id])).toString("base64url");
}

/** @throws CodedError `invalid_request`, param `cursor`, for anything that `printCursor` did not make. */
export function parseCursor(kind: string, cursor: string): Place {
  const place = cursor.length <= LONGEST_CURSOR ? decode(Buffer.from(cursor, "base64url").toString()) : undefined;
  if (place?.kind !== kind || printCursor(kind, place) !== cursor) {
    throw new CodedError("invalid_request", "cursor is not one that this list gave", { param: "cursor" });
  }
  return place;
}

function decode(text: string): (Place & { kind: string }) | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(value)) return undefined;
  const [kind, at, id]: unknown[] = value;
  if (typeof kind !== "string" || typeof at !== "number" || typeof id !== "string") return undefined;
  return { kind, at, id };
}

/** @throws CodedError `invalid_request` for a limit outside 1–200 or a foreign cursor. */
export function placeOf(kind: string, page: PageRequest): Place | undefined {
  if (!Number.isInteger(page.limit) || page.limit < 1 || page.limit > LARGEST_PAGE) {
    throw new CodedError("invalid_request", `limit must be a whole number from 1 to ${LARGEST_PAGE}`, {
      param: "limit",
    });
  }
  return page.cursor === undefined ? undefined : parseCursor(kind, page.cursor);
}

/** A page from `limit + 1` rows: the extra one only tells that there is more. */
export function pageOf<T>(kind: string, found: readonly T[], limit: number, place: (row: T) => Place): Page<T> {
  const rows = found.slice(0, limit);
  const last = rows.at(-1);
  return { rows, nextCursor: found.length > limit && last ? printCursor(kind, place(last)) : null };
}
