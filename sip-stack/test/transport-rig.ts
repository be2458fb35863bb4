/** One transport without an endpoint around it: what it reported, and a clock to move by hand. */
import { type Clock, silentLog } from "@voepy/base";
import { DEFAULT_FLOW_LIMITS, type FlowLimits } from "../src/io/flow-limits.ts";
import type { FlowSurroundings } from "../src/io/flows.ts";
import type { OpenTransport, SipTransport, TransportSink } from "../src/io/transport.ts";
import type { Hop } from "../src/ua/hop.ts";
import type { Listener, SipAddress } from "../src/ua/types.ts";
import { closeLater } from "./party.ts";

/** Runs what is due when told to. */
export class HandClock implements Clock {
  #nowMs = 0;
  readonly #due = new Set<{ atMs: number; run: () => void }>();

  nowMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#nowMs;
  }

  schedule(atMs: number, run: () => void) {
    const entry = { atMs, run };
    this.#due.add(entry);
    return { cancel: () => void this.#due.delete(entry) };
  }

  advance(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      const next = [...this.#due].filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined) break;
      this.#due.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.run();
    }
    this.#nowMs = untilMs;
  }
}

export interface Rig {
  readonly clock: HandClock;
  readonly transport: SipTransport;
  readonly counted: string[];
  readonly closedFlows: string[];
  readonly inUse: Set<string>;
  /** The next message's source. */
  nextSource(): Promise<SipAddress>;
  /** Sends, and says what went wrong; never resolves for what went well. */
  failure(bytes: Uint8Array, to: Hop): Promise<string>;
  /** Resolves when `isSo` holds, looked at whenever the transport reports. */
  until(isSo: () => boolean): Promise<void>;
}

export async function rig(
  open: (surroundings: FlowSurroundings) => OpenTransport,
  listener: Listener,
  limits: Partial<FlowLimits> = {},
): Promise<Rig> {
  const clock = new HandClock();
  const counted: string[] = [];
  const closedFlows: string[] = [];
  const inUse = new Set<string>();
  const sources: SipAddress[] = [];
  const waiting: (() => void)[] = [];
  const wake = (): void => {
    for (const each of waiting.splice(0)) each();
  };
  const note = <T>(list: T[], item: T): void => {
    list.push(item);
    wake();
  };
  const sink: TransportSink = {
    received: (_, source) => note(sources, source),
    framed: (_, source) => note(sources, source),
    flowClosed: (flow) => note(closedFlows, flow),
    isFlowInUse: (flow) => inUse.has(flow),
    count: (name) => note(counted, name),
  };
  let flows = 0;
  const surroundings: FlowSurroundings = {
    clock,
    log: silentLog,
    flowId: (name) => `${name}-${++flows}`,
    limits: { ...DEFAULT_FLOW_LIMITS, ...limits },
  };
  const transport = await open(surroundings)(listener, sink);
  closeLater(() => transport.close());
  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isSo()) await new Promise<void>((done) => waiting.push(done));
  };
  return {
    clock,
    transport,
    counted,
    closedFlows,
    inUse,
    until,
    async nextSource() {
      await until(() => sources.length > 0);
      return sources.shift()!;
    },
    failure: (bytes, to) => new Promise((failed) => transport.send(bytes, to, failed)),
  };
}

export const OPTIONS: Uint8Array = Buffer.from(
  "OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/TCP 10.0.0.7;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
);
