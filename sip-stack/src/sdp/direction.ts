/** Directions as two facts, so that complement and intersection are plain (RFC 3264 §6.1). */
import type { Direction } from "./audio.ts";

interface Ways {
  readonly sends: boolean;
  readonly receives: boolean;
}

const waysOf = (direction: Direction): Ways => ({
  sends: direction === "sendrecv" || direction === "sendonly",
  receives: direction === "sendrecv" || direction === "recvonly",
});

function directionFrom({ sends, receives }: Ways): Direction {
  if (sends) return receives ? "sendrecv" : "sendonly";
  return receives ? "recvonly" : "inactive";
}

/** Our direction against a peer that says `theirs`: we send only what it receives, and the other way round. */
export function meet(ours: Direction, theirs: Direction): Direction {
  const [us, them] = [waysOf(ours), waysOf(theirs)];
  return directionFrom({ sends: us.sends && them.receives, receives: us.receives && them.sends });
}

/** The same without sending: the peer named no place to send to. */
export function mute(direction: Direction): Direction {
  return directionFrom({ sends: false, receives: waysOf(direction).receives });
}
