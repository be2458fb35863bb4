/** `Range: bytes=…` (RFC 9110 §14.1.2), one range only: a request for several gets the whole, as §14.2 allows. */

/** Both ends included. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

const RANGE = /^bytes=(\d{0,15})-(\d{0,15})$/;

/** "whole" when there is no range or none we understand; "outside" when it lies beyond the end (416). */
export function byteRange(header: string | undefined, sizeBytes: number): ByteRange | "whole" | "outside" {
  const [, from, to] = RANGE.exec(header ?? "") ?? [];
  if (from === undefined || to === undefined || (from === "" && to === "")) return "whole";
  if (from === "") {
    // The last so many bytes.
    const wanted = Math.min(Number(to), sizeBytes);
    return wanted === 0 ? "outside" : { first: sizeBytes - wanted, last: sizeBytes - 1 };
  }
  const first = Number(from);
  if (to !== "" && Number(to) < first) return "whole";
  if (first >= sizeBytes) return "outside";
  return { first, last: to === "" ? sizeBytes - 1 : Math.min(Number(to), sizeBytes - 1) };
}
