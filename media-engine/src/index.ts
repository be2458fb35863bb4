/** The whole public surface of the media engine. */
export * from "./io/rtp-io.ts";
export type * from "./types.ts";
export type { MakeMediaPool, MediaPoolOptions } from "./worker/pool-options.ts";
