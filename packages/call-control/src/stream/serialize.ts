import { isoTime } from "@voepy/base";
import type { ForkFigures } from "@voepy/media-engine";
import type { JsonObject } from "../serialize/call.ts";
import type { Stream } from "./streams.ts";

/** Live ones while it runs. */
export function figuresOf({ id, leg, status, figures }: Stream): ForkFigures {
  return (status === "connecting" || status === "active" ? leg.media?.forkFigures(id) : undefined) ?? figures;
}

/** A row of `GET /v1/calls/{id}/streamings`. */
export function serializeStream(stream: Stream): JsonObject {
  const { id, call, leg, spec, status, startedAt } = stream;
  const figures = figuresOf(stream);
  return {
    id,
    call_id: call.id,
    leg_id: leg.id,
    stream_url: spec.url,
    stream_track: spec.track,
    stream_codec: spec.format.codec,
    stream_protocol: spec.protocol,
    bidirectional: spec.talkback !== undefined,
    status,
    started_at: isoTime(startedAt),
    frames_sent: figures.framesSent,
    frames_dropped: figures.framesDropped,
    queue_ms: figures.queueMs,
  };
}
