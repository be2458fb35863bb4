/**
 * Hands out the even UDP ports of a range (RFC 3550 §11), starting anywhere and going round, so that a port rests as long as
 * possible after a call and late packets of that call find nobody.
 */
import { CodedError, type Random, randomUint32 } from "@voepy/base";

export interface PortRange {
  /** Tries free ports until `bind` takes one; `bind` rejects with code EADDRINUSE or EACCES when another process has it. */
  claim<T>(bind: (udpPort: number) => Promise<T>): Promise<{ udpPort: number; bound: T }>;
  release(udpPort: number): void;
  readonly inUse: number;
}

/** Throws CodedError `invalid_request` when `first`–`last` holds no even port. */
export function makePortRange(range: { first: number; last: number }, random: Random): PortRange {
  const first = range.first + (range.first % 2);
  const count = Math.floor((range.last - first) / 2) + 1;
  if (!(count >= 1 && first >= 2 && range.last <= 65_535))
    throw new CodedError("invalid_request", `media port range ${range.first}–${range.last} holds no even UDP port`);
  const taken = new Set<number>();
  let next = randomUint32(random) % count;

  return {
    async claim(bind) {
      for (let tried = 0; tried < count; tried++) {
        const udpPort = first + 2 * next;
        next = (next + 1) % count;
        if (taken.has(udpPort)) continue;
        taken.add(udpPort);
        try {
          return { udpPort, bound: await bind(udpPort) };
        } catch (error) {
          taken.delete(udpPort);
          if (!isTaken(error)) throw error;
        }
      }
      throw new CodedError("upstream_error", `no free UDP port for media in ${range.first}–${range.last}`, {
        details: { first: range.first, last: range.last, in_use: taken.size },
      });
    },
    release: (udpPort) => {
      taken.delete(udpPort);
    },
    get inUse() {
      return taken.size;
    },
  };
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "EADDRINUSE" || error.code === "EACCES");
}
