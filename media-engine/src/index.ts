/** The whole public surface of the media engine. */
export { mediaCodecs } from "./codec/codec.ts";
export type {
  ConnectFork,
  ForkClosing,
  ForkMessage,
  ForkSocket,
  ForkSocketListener,
  ForkTarget,
} from "./fork/socket.ts";
export * from "./io/rtp-io.ts";
export { repairRecording } from "./io/wav-file.ts";
export type * from "./types.ts";
export { makeMediaPool } from "./worker/pool.ts";
export type { MakeMediaPool, MediaPoolOptions } from "./worker/pool-options.ts";
