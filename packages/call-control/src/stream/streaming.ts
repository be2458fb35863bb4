/** Streams of a call: begun by a verb, a dial or a number; told when they start, stop and fail; gone with their call. */
import { CodedError } from "@voepy/base";
import type { MediaEvent } from "@voepy/media-engine";
import type { LiveCall } from "../call/call.ts";
import { endCall } from "../call/end.ts";
import type { Leg } from "../leg/leg.ts";
import type { JsonObject } from "../serialize/call.ts";
import type { World } from "../world.ts";
import { forkFacts } from "./names.ts";
import { figuresOf, serializeStream } from "./serialize.ts";
import type { StreamSpec } from "./spec.ts";
import type { Stream } from "./streams.ts";

/** At once on one call. */
const MOST_STREAMS = 10;
const TRACKS = { inbound_track: "rx", outbound_track: "tx", both_tracks: "both" } as const;

/** Throws CodedError `stream_limit_reached`. */
export function startStream(world: World, leg: Leg, spec: StreamSpec): Stream {
  const { call } = leg;
  const running = world.streams.runningOf(call);
  if (running.length >= MOST_STREAMS) {
    throw new CodedError("stream_limit_reached", `call ${call.id} has ${running.length} streams, which is the limit`, {
      details: { limit: MOST_STREAMS, stream_ids: running.map(({ id }) => id) },
    });
  }
  const stream: Stream = {
    id: world.makeId("strm"),
    call,
    leg,
    spec,
    status: "connecting",
    startedAt: world.clock.wallMs(),
    figures: { framesSent: 0, framesDropped: 0, queueMs: 0 },
  };
  world.streams.add(stream);
  leg.media?.startFork({
    stream: stream.id,
    url: spec.url,
    allowPrivate: world.allowPrivateUrls,
    protocol: spec.protocol,
    tracks: TRACKS[spec.track],
    format: spec.format,
    talkback: spec.talkback,
    authToken: spec.authToken,
    facts: forkFacts(stream.id, call.record, spec),
  });
  return stream;
}

/** What dial, answer or transfer asked for, when its moment has come. A call that was answered is not hurt by a stream too many. */
export function streamAsWished(world: World, leg: Leg, spec: StreamSpec | undefined): void {
  if (spec === undefined || leg.media === undefined || leg.call.isOver) return;
  try {
    startStream(world, leg, spec);
  } catch (thrown) {
    if (!(thrown instanceof CodedError)) throw thrown;
    leg.call.tell("streaming.failed", { stream_url: spec.url, error: thrown.message }, leg);
  }
}

/** One stream, or all of the call. Throws CodedError `not_found` when there is none. */
export function stopStreams(world: World, call: LiveCall, id: string | undefined): void {
  const chosen = world.streams.runningOf(call).filter((stream) => id === undefined || stream.id === id);
  if (chosen.length === 0) {
    const what = id === undefined ? "no stream runs on" : `stream ${id} does not run on`;
    throw new CodedError("not_found", `${what} call ${call.id}`, id === undefined ? {} : { param: "stream_id" });
  }
  for (const stream of chosen) stream.leg.media?.stopFork(stream.id);
}

/** The call is ending: told before `call.ended`; the connections say goodbye when the media closes. */
export function endStreams(world: World, call: LiveCall): void {
  for (const stream of world.streams.runningOf(call)) settle(world, stream, "stopped", { reason: "call_hangup" });
}

export function onFork(world: World, event: Extract<MediaEvent, { stream: string }>): void {
  const stream = world.streams.get(event.stream);
  if (stream === undefined) return;
  const { call, leg } = stream;
  if (event.type === "forkStarted") {
    stream.status = "active";
    call.tell("streaming.started", streamData(stream), leg);
    return;
  }
  stream.figures = event.figures;
  if (event.type === "forkFailed") {
    world.log.warn("stream failed", { call: call.id, stream: stream.id, why: event.error });
    settle(world, stream, "failed", { reason: "connection_failed", error: event.error });
  } else settle(world, stream, "stopped", { reason: REASONS[event.reason], close_code: event.closeCode ?? null });
  if (event.type === "forkFailed" || event.reason === "peerClosed") hangUpIfWished(world, stream);
}

const REASONS = { stopped: "stopped", legClosed: "call_hangup", peerClosed: "closed_by_peer" } as const;

/** A bot that is gone leaves a caller with nobody, unless there is another party. */
function hangUpIfWished(world: World, { call, leg, spec }: Stream): void {
  const isAlone = spec.talkback !== undefined && leg.bridge === undefined;
  if (spec.onClose === "continue" || (spec.onClose === undefined && !isAlone)) return;
  endCall(world, call, { reason: "completed", initiator: "system" });
}

function settle(world: World, stream: Stream, status: "stopped" | "failed", data: JsonObject): void {
  stream.figures = figuresOf(stream);
  stream.status = status;
  world.streams.over(stream);
  const type = status === "failed" ? "streaming.failed" : "streaming.stopped";
  stream.call.tell(type, { ...streamData(stream), ...data }, stream.leg);
}

function streamData(stream: Stream): JsonObject {
  return { stream_id: stream.id, stream_url: stream.spec.url, stream: serializeStream(stream) };
}
