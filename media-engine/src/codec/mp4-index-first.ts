/**
 * MP4 and M4A files often keep their index (`moov`) behind the sound (`mdat`), so they cannot be read from a pipe. Here the
 * index is moved to the front and the places it names are moved along (ISO 14496-12 §4.2, §8.7.5).
 */
interface Box {
  readonly type: string;
  readonly at: number;
  /** Where its content begins. */
  readonly inside: number;
  readonly end: number;
}

const CONTAINERS = new Set(["trak", "mdia", "minf", "stbl"]);
/** Deeper than any index is. */
const MOST_DEPTH = 8;

/** The same file with its index first; `bytes` themselves when it is there already or there is none. */
export function putIndexFirst(bytes: Uint8Array): Uint8Array {
  const boxes = boxesIn(bytes, 0, bytes.length);
  const index = boxes.find(({ type }) => type === "moov");
  const sound = boxes.find(({ type }) => type === "mdat");
  const first = boxes[0];
  if (index === undefined || sound === undefined || first === undefined || index.at < sound.at) return bytes;
  const moved = bytes.slice(index.at, index.end);
  shiftOffsets(
    moved,
    { from: index.inside - index.at, to: moved.length },
    { below: index.at, by: moved.length, depth: 0 },
  );
  const out = new Uint8Array(bytes.length);
  // The first box says what the file is and stays the first.
  const pieces = [bytes.subarray(0, first.end), moved, bytes.subarray(first.end, index.at), bytes.subarray(index.end)];
  let at = 0;
  for (const piece of pieces) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}

interface Shift {
  /** Places before this one move. */
  readonly below: number;
  readonly by: number;
  readonly depth: number;
}

function shiftOffsets(bytes: Uint8Array, span: { from: number; to: number }, shift: Shift): void {
  if (shift.depth > MOST_DEPTH) return;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const { type, inside, end } of boxesIn(bytes, span.from, span.to)) {
    if (CONTAINERS.has(type)) shiftOffsets(bytes, { from: inside, to: end }, { ...shift, depth: shift.depth + 1 });
    if (type !== "stco" && type !== "co64") continue;
    // Version and flags, the count, then one place a chunk.
    const width = type === "stco" ? 4 : 8;
    for (let at = inside + 8; at + width <= end; at += width) {
      const low = at + width - 4;
      const place = view.getUint32(low);
      if (place < shift.below) view.setUint32(low, place + shift.by);
    }
  }
}

/** The boxes that lie wholly inside; a broken one ends the list. */
function boxesIn(bytes: Uint8Array, from: number, to: number): Box[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const boxes: Box[] = [];
  for (let at = from; at + 8 <= to; ) {
    const short = view.getUint32(at);
    const isLong = short === 1 && at + 16 <= to;
    // Size 0: up to the end; size 1: 64 bits follow the type.
    const size = short === 0 ? to - at : isLong ? view.getUint32(at + 8) * 2 ** 32 + view.getUint32(at + 12) : short;
    const inside = at + (isLong ? 16 : 8);
    if (at + size > to || at + size < inside) break;
    boxes.push({ type: String.fromCharCode(...bytes.subarray(at + 4, at + 8)), at, inside, end: at + size });
    at += size;
  }
  return boxes;
}
