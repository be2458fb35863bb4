/** A leg's media figures as the API and events write them. Times in ms, absent figures null. */
import type { LegStats } from "@voepy/media-engine";
import type { JsonObject } from "./call.ts";

export function serializeLegStats(stats: LegStats): JsonObject {
  return {
    path: stats.path,
    describe: stats.describe,
    rtt_ms: rounded(stats.roundTripMs),
    rx: {
      packets: stats.rxPackets,
      bytes: stats.rxBytes,
      lost: stats.rxLost,
      discarded: stats.rxDiscarded,
      foreign: stats.rxForeign,
      jitter_ms: rounded(stats.rxJitterMs),
      mos: rounded(stats.rxMos),
    },
    tx: {
      packets: stats.txPackets,
      bytes: stats.txBytes,
      lost: stats.txLost ?? null,
      jitter_ms: rounded(stats.txJitterMs),
      mos: rounded(stats.txMos),
      ssrc: stats.ssrc,
    },
  };
}

function rounded(value: number | undefined): number | null {
  return value === undefined ? null : Math.round(value * 100) / 100;
}
