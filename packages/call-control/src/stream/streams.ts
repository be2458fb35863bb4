/** Streams of calls: those that run, and what became of those of the latest calls. */
import type { ForkFigures } from "@voepy/media-engine";
import type { LiveCall } from "../call/call.ts";
import type { Leg } from "../leg/leg.ts";
import type { StreamSpec } from "./spec.ts";

/** Calls whose streams are still told of. */
const CALLS_KEPT = 2000;

export interface Stream {
  /** voepy_strm_… */
  readonly id: string;
  readonly call: LiveCall;
  readonly leg: Leg;
  readonly spec: StreamSpec;
  status: "connecting" | "active" | "stopped" | "failed";
  /** Wall ms. */
  readonly startedAt: number;
  /** Of the end; while it runs the media engine is asked. */
  figures: ForkFigures;
}

interface CallStreams {
  readonly tenantId: string;
  readonly list: Stream[];
}

export class Streams {
  private readonly byId = new Map<string, Stream>();
  private readonly byCall = new Map<string, CallStreams>();

  add(stream: Stream): void {
    const { call } = stream;
    const known = this.byCall.get(call.id) ?? { tenantId: call.record.tenantId, list: [] };
    known.list.push(stream);
    this.byCall.set(call.id, known);
    this.byId.set(stream.id, stream);
    this.prune();
  }

  /** Of those that run. */
  get(id: string): Stream | undefined {
    return this.byId.get(id);
  }

  runningOf(call: LiveCall): Stream[] {
    return [...this.byId.values()].filter((stream) => stream.call === call);
  }

  over(stream: Stream): void {
    this.byId.delete(stream.id);
  }

  /** In the order they were asked for. */
  ofCall(tenantId: string, callId: string): readonly Stream[] {
    const known = this.byCall.get(callId);
    return known?.tenantId === tenantId ? known.list : [];
  }

  /** Lets go of the oldest calls that are over. */
  private prune(): void {
    for (const [callId, { list }] of this.byCall) {
      if (this.byCall.size <= CALLS_KEPT) return;
      if (list.every(({ call }) => call.isOver)) this.byCall.delete(callId);
    }
  }
}
