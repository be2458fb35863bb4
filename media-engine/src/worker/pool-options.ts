/** What a media pool is built from. */
import type { Clock, Log, Random } from "@voepy/base";
import type { ConnectFork } from "../fork/socket.ts";
import type { RtpIo } from "../io/rtp-io.ts";
import type { MediaPool } from "../types.ts";

export interface MediaPoolOptions {
  /** Address the legs' sockets are bound to, an IP literal; 0.0.0.0 for all. */
  readonly address: string;
  /** Legs take the even numbers of it (RFC 3550 §11). */
  readonly ports: { readonly first: number; readonly last: number };
  /** Media threads. "auto": one for each core but one. 0: everything in this thread, by callbacks and `clock`. */
  readonly workers: number | "auto";
  /**
   * "auto": system calls where koffi and Linux are there, node:dgram otherwise. A factory works with `workers: 0` only.
   * node:dgram cannot move a socket between threads, so it uses at most one worker.
   */
  readonly io: "auto" | "syscall" | "dgram" | (() => RtpIo);
  /** With `workers: 0` every tick and timeout runs on it; worker threads have the system's. */
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** `rtpSilent` is told after this many ms without RTP on a leg that may receive. Default: never. */
  readonly mediaSilenceMs?: number | undefined;
  /** With `workers: 0`: how forks reach their peers. Default: by real WebSockets. */
  readonly connectFork?: ConnectFork | undefined;
  /** Default: `ffmpeg` on PATH. */
  readonly ffmpegPath?: string | undefined;
}

/** Exported as `makeMediaPool` by this package. */
export type MakeMediaPool = (options: MediaPoolOptions) => Promise<MediaPool>;
