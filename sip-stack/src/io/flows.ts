/**
 * The connections of one stream listener (RFC 3261 §18, RFC 5626 §3.5.1), whatever they are made of: TCP, TLS or
 * WebSocket. A connection is a flow: named, used again for whoever is at its far end, kept alive while it is needed,
 * closed when idle, capped per address.
 */
import type { Socket } from "node:net";
import type { Clock, Log, Timer } from "@voepy/base";
import type { Hop } from "../ua/hop.ts";
import type { SipAddress, TransportName } from "../ua/types.ts";
import { DEFAULT_FLOW_LIMITS, type FlowLimits, plainAddress } from "./flow-limits.ts";
import type { SipTransport, TransportSink } from "./transport.ts";

/** What every stream transport is made with; one per endpoint. */
export interface FlowSurroundings {
  readonly clock: Clock;
  readonly log: Log;
  /** A name no other flow of the endpoint has. */
  readonly flowId: (transport: TransportName) => string;
  readonly limits?: FlowLimits | undefined;
}

/** A connection as its owner carries it. */
export interface Wire {
  /** Bytes written that the peer has not taken. */
  queuedBytes(): number;
  write(bytes: Uint8Array, written: (error: Error | null | undefined) => void): void;
  /** Something the peer answers if it knows how: CRLF CRLF (RFC 5626 §4.4.1) or a WebSocket ping (RFC 6455 §5.5.2). */
  ping(): void;
  /** Closes after what was written. */
  end(): void;
  destroy(): void;
}

export interface Flow {
  readonly peer: SipAddress;
  readonly wire: Wire;
  readonly key: string;
  /** Who must keep it alive: the side that opened it (RFC 5626 §4.4.1), or both where pings are part of the protocol. */
  readonly isPinged: boolean;
  /** Whose messages were written but not confirmed, or wait for the connection. */
  readonly unsent: Set<(problem: string) => void>;
  /** Not written before the connection stands and its far end has proved who it is. */
  readonly backlog: { readonly bytes: Uint8Array; readonly failed: (problem: string) => void }[];
  backlogBytes: number;
  isOpen: boolean;
  lastHeardMs: number;
  /** When it was last found idle but needed. */
  lastNeededMs: number;
  /** When the unfinished message began. */
  messageSinceMs: number | undefined;
  lastPingMs: number;
  /** The last ping has neither been answered nor given up. */
  awaitsPong: boolean;
  /** It answered one: from now on silence means that the flow is dead. */
  answersPings: boolean;
  /** Runs while it is being dialled. */
  patience: Timer | undefined;
}

export interface FlowsParts extends FlowSurroundings {
  readonly transport: TransportName;
  readonly bound: { readonly address: string; readonly port: number };
  readonly sink: TransportSink;
  /** Begins a connection with `open`; undefined where the far end cannot be called (a browser). */
  readonly dial?: ((to: Hop) => Flow) | undefined;
  /** Stops listening. */
  readonly stop: () => Promise<void>;
}

export class Flows implements SipTransport {
  readonly transport: TransportName;
  readonly bound: { readonly address: string; readonly port: number };
  readonly #parts: FlowsParts;
  readonly #clock: Clock;
  readonly #limits: FlowLimits;
  readonly #sink: TransportSink;
  readonly #byFlow = new Map<string, Flow>();
  /** By far end: a response or request to it goes by the connection that is there. */
  readonly #byPeer = new Map<string, Flow>();
  readonly #admitted = new Set<Socket>();
  readonly #admittedFrom = new Map<string, number>();
  /** Forgotten, with a last answer on the way, and since when. */
  readonly #ending = new Map<Wire, number>();
  #sweeper: Timer;
  #isClosed = false;

  constructor(parts: FlowsParts) {
    this.#parts = parts;
    this.transport = parts.transport;
    this.bound = parts.bound;
    this.#clock = parts.clock;
    this.#limits = parts.limits ?? DEFAULT_FLOW_LIMITS;
    this.#sink = parts.sink;
    this.#sweeper = this.#scheduleSweep();
  }

  hasFlow(flow: string): boolean {
    return this.#byFlow.has(flow);
  }

  send(bytes: Uint8Array, to: Hop, failed: (problem: string) => void): void {
    if (this.#isClosed) return queueMicrotask(() => failed("the listener is closed"));
    const known = (to.flow === undefined ? undefined : this.#byFlow.get(to.flow)) ?? this.#byPeer.get(this.#keyOf(to));
    const flow = known ?? this.#parts.dial?.(to);
    if (flow === undefined) return queueMicrotask(() => failed("the connection is gone and cannot be made from here"));
    flow.unsent.add(failed);
    if (flow.wire.queuedBytes() + flow.backlogBytes > this.#limits.unsentBytes) {
      this.#count("SlowPeers");
      this.drop(flow, "the peer does not take what is sent");
    } else if (flow.isOpen) this.#write(flow, bytes, failed);
    else {
      flow.backlog.push({ bytes, failed });
      flow.backlogBytes += bytes.length;
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#sweeper.cancel();
    for (const flow of this.#byFlow.values()) this.#stop(flow);
    for (const wire of this.#ending.keys()) wire.destroy();
    for (const socket of this.#admitted) socket.destroy();
    await this.#parts.stop();
  }

  /** Asked for every accepted socket, before any handshake: over a cap it is closed. False: forget it. */
  admit(socket: Socket): boolean {
    const address = plainAddress(socket.remoteAddress ?? "");
    const admitted = this.#admittedFrom.get(address) ?? 0;
    const isFull = admitted >= this.#limits.perAddress || this.#admitted.size >= this.#limits.total;
    if (this.#isClosed || address === "" || isFull) {
      this.#count("RefusedConnections");
      socket.destroy();
      return false;
    }
    this.#admitted.add(socket);
    this.#admittedFrom.set(address, admitted + 1);
    socket.setKeepAlive(true, this.#limits.idleMs);
    socket.once("close", () => this.#release(socket, address));
    return true;
  }

  /** Enters a connection; one that was dialled counts as open only after `opened`. */
  open(wire: Wire, far: { address: string; port: number; name?: string | undefined }, isIncoming: boolean): Flow {
    const nowMs = this.#clock.nowMs();
    const { transport } = this;
    const id = this.#parts.flowId(transport);
    const peer = { transport, address: far.address, port: far.port, flow: id };
    const flow: Flow = {
      peer,
      wire,
      key: this.#keyOf({ ...peer, name: far.name }),
      isPinged: !isIncoming || transport === "ws" || transport === "wss",
      unsent: new Set(),
      backlog: [],
      backlogBytes: 0,
      isOpen: isIncoming,
      lastHeardMs: nowMs,
      lastNeededMs: nowMs,
      messageSinceMs: undefined,
      lastPingMs: nowMs,
      awaitsPong: false,
      answersPings: transport === "ws" || transport === "wss",
      patience: undefined,
    };
    this.#byFlow.set(id, flow);
    this.#byPeer.set(flow.key, flow);
    if (!isIncoming) flow.patience = this.#patienceFor(flow);
    return flow;
  }

  /** The dialled connection stands: what waited goes out. */
  opened(flow: Flow): void {
    if (flow.isOpen || !this.#byFlow.has(flow.peer.flow ?? "")) return;
    flow.isOpen = true;
    flow.patience?.cancel();
    flow.backlogBytes = 0;
    for (const { bytes, failed } of flow.backlog.splice(0)) this.#write(flow, bytes, failed);
  }

  /** Bytes came. `isUnfinished`: a message has begun and is not whole. */
  heard(flow: Flow, what: { readonly isUnfinished?: boolean; readonly isPong?: boolean } = {}): void {
    flow.lastHeardMs = this.#clock.nowMs();
    if (flow.awaitsPong && what.isPong === true) flow.answersPings = true;
    flow.awaitsPong = false;
    if (what.isUnfinished === true) flow.messageSinceMs ??= flow.lastHeardMs;
    else flow.messageSinceMs = undefined;
  }

  /** The peer cannot be understood any more: what was answered goes out, then the connection ends. */
  finish(flow: Flow, counter: string): void {
    this.#count(counter);
    flow.wire.end();
    this.#forget(flow);
    this.#ending.set(flow.wire, this.#clock.nowMs());
  }

  /** The connection is over. Idempotent; tells after the caller has returned. */
  drop(flow: Flow, problem: string): void {
    this.#stop(flow);
    this.#ending.delete(flow.wire);
    this.#forget(flow);
    const unsent = [...flow.unsent];
    flow.unsent.clear();
    flow.backlog.length = 0;
    if (unsent.length === 0 || this.#isClosed) return;
    queueMicrotask(() => {
      for (const failed of unsent) failed(problem);
    });
  }

  #write(flow: Flow, bytes: Uint8Array, failed: (problem: string) => void): void {
    flow.wire.write(bytes, (error) => {
      if (error === null || error === undefined) flow.unsent.delete(failed);
      else this.drop(flow, error.message);
    });
  }

  #forget(flow: Flow): void {
    const id = flow.peer.flow ?? "";
    if (!this.#byFlow.delete(id)) return;
    if (this.#byPeer.get(flow.key) === flow) this.#byPeer.delete(flow.key);
    if (!this.#isClosed) queueMicrotask(() => this.#sink.flowClosed(id));
  }

  #release(socket: Socket, address: string): void {
    this.#admitted.delete(socket);
    const left = (this.#admittedFrom.get(address) ?? 1) - 1;
    if (left > 0) this.#admittedFrom.set(address, left);
    else this.#admittedFrom.delete(address);
  }

  #stop(flow: Flow): void {
    flow.patience?.cancel();
    flow.wire.destroy();
  }

  #patienceFor(flow: Flow): Timer {
    const { connectMs } = this.#limits;
    return this.#clock.schedule(this.#clock.nowMs() + connectMs, () =>
      this.drop(flow, `no connection within ${connectMs} ms`),
    );
  }

  /** A TLS connection is used again only for the name that its certificate was checked for. */
  #keyOf(hop: Hop): string {
    const name = this.transport === "tls" ? (hop.name ?? "") : "";
    return `${hop.address} ${hop.port} ${name}`;
  }

  #scheduleSweep(): Timer {
    return this.#clock.schedule(this.#clock.nowMs() + this.#limits.sweepEveryMs, () => {
      const nowMs = this.#clock.nowMs();
      for (const flow of this.#byFlow.values()) this.#look(flow, nowMs);
      for (const [wire, sinceMs] of this.#ending) if (nowMs - sinceMs > this.#limits.connectMs) wire.destroy();
      if (!this.#isClosed) this.#sweeper = this.#scheduleSweep();
    });
  }

  #look(flow: Flow, nowMs: number): void {
    const { messageMs, idleMs, pingAfterMs, pongMs } = this.#limits;
    if (flow.messageSinceMs !== undefined && nowMs - flow.messageSinceMs > messageMs) {
      this.#count("UnfinishedMessages");
      return this.drop(flow, "a message was begun and not finished");
    }
    if (flow.awaitsPong && nowMs - flow.lastPingMs > pongMs) {
      // RFC 5626 §4.4.1: no pong within 10 s, the flow has failed; a peer that never gave one does not know of it.
      flow.awaitsPong = false;
      if (flow.answersPings) {
        this.#count("DeadFlows");
        return this.drop(flow, "the peer does not answer keep-alives any more");
      }
    }
    const isDueForPing =
      flow.isPinged && flow.isOpen && nowMs - Math.max(flow.lastHeardMs, flow.lastPingMs) > pingAfterMs;
    const isOverdue = nowMs - Math.max(flow.lastHeardMs, flow.lastNeededMs) > idleMs;
    if (!isDueForPing && !isOverdue) return;
    if (this.#sink.isFlowInUse(flow.peer.flow ?? "")) {
      flow.lastNeededMs = nowMs;
      if (isDueForPing) this.#ping(flow, nowMs);
    } else if (isOverdue) {
      this.#count("IdleConnections");
      this.drop(flow, "idle");
    }
  }

  #ping(flow: Flow, nowMs: number): void {
    flow.lastPingMs = nowMs;
    flow.awaitsPong = true;
    flow.wire.ping();
  }

  #count(what: string): void {
    this.#sink.count(`${this.transport}${what}`);
  }
}
