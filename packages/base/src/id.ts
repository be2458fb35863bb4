/**
 * Resource ids: `voepy_<type>_` and a ULID (48 bits of wall time, 80 random bits, Crockford base 32), so
 * that ids of one type sort by birth.
 */
import type { Clock } from "./clock.ts";
import type { Random } from "./random.ts";

export type IdType =
  | "call"
  | "leg"
  | "route"
  | "rec"
  | "num"
  | "whk"
  | "evt"
  | "strm"
  | "play"
  | "gath"
  | "brg"
  | "conf"
  | "media"
  | "usr"
  | "key"
  | "node"
  | "dlv"
  | "req";

const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

export type MakeId = (type: IdType) => string;

/** 26 characters. Within one millisecond order is random. */
export function ulid(wallMs: number, random: Random): string {
  let text = "";
  let time = Math.floor(wallMs);
  for (let i = 0; i < 10; i++) {
    text = CROCKFORD[time % 32] + text;
    time = Math.floor(time / 32);
  }
  // 16 bytes carry the 16 characters: five bits of each are used.
  for (const byte of random.fill(new Uint8Array(16))) text += CROCKFORD[byte & 31];
  return text;
}

export function idMaker(clock: Clock, random: Random): MakeId {
  return (type) => `voepy_${type}_${ulid(clock.wallMs(), random)}`;
}
