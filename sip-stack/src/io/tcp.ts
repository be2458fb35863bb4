/**
 * SIP over TCP (RFC 3261 §18, RFC 5626 §3.5.1): a listener and the connections it made or took. A connection is a flow:
 * named, used again for whoever is at its far end, closed when idle, capped per address.
 */
import { connect, createServer, type Server, type Socket } from "node:net";
import type { Clock, Timer } from "@voepy/base";
import { type Framed, PONG, StreamFramer } from "../message/framer.ts";
import type { Listener, SipAddress } from "../ua/types.ts";
import { bindError } from "./bind-error.ts";
import type { SipTransport, TransportSink } from "./transport.ts";

export interface TcpLimits {
  /** A connection that says nothing and that nobody needs is closed after this. */
  readonly idleMs: number;
  /** From the first byte of a message to its last. */
  readonly messageMs: number;
  readonly connectMs: number;
  /** Taken from one address. */
  readonly perAddress: number;
  readonly total: number;
  /** Not yet taken by a slow peer; beyond it the connection is closed. */
  readonly unsentBytes: number;
}

export const TCP_LIMITS: TcpLimits = {
  idleMs: 120_000,
  messageMs: 10_000,
  connectMs: 5_000,
  perAddress: 50,
  total: 10_000,
  unsentBytes: 1024 * 1024,
};

interface Connection {
  readonly flow: string;
  readonly socket: Socket;
  readonly peer: SipAddress;
  readonly framer: StreamFramer;
  readonly isIncoming: boolean;
  /** Whose messages were written but not confirmed by the kernel, or wait for the connection. */
  readonly unsent: Set<(problem: string) => void>;
  isOpen: boolean;
  lastHeardMs: number;
  /** When the unfinished message began. */
  messageSinceMs: number | undefined;
}

/** How often idle connections and unfinished messages are looked for. */
const SWEEP_EVERY_MS = 2_000;

export function openTcp(clock: Clock, limits: TcpLimits = TCP_LIMITS) {
  return async (listener: Listener, sink: TransportSink): Promise<SipTransport> => {
    const server = createServer({ noDelay: true });
    await listen(server, listener);
    return new TcpTransport(server, { clock, limits, sink });
  };
}

class TcpTransport implements SipTransport {
  readonly transport = "tcp";
  readonly bound: { readonly address: string; readonly port: number };
  readonly #server: Server;
  readonly #clock: Clock;
  readonly #limits: TcpLimits;
  readonly #sink: TransportSink;
  readonly #byFlow = new Map<string, Connection>();
  /** By `address:port` of the far end: a response or request to it goes by the connection that is there. */
  readonly #byPeer = new Map<string, Connection>();
  readonly #takenFrom = new Map<string, number>();
  #flowCount = 0;
  #sweeper: Timer;
  #isClosed = false;

  constructor(server: Server, parts: { clock: Clock; limits: TcpLimits; sink: TransportSink }) {
    this.#server = server;
    this.#clock = parts.clock;
    this.#limits = parts.limits;
    this.#sink = parts.sink;
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("a TCP listener has an address and a port");
    this.bound = { address: address.address, port: address.port };
    server.on("connection", (socket) => this.#take(socket));
    server.on("error", () => this.#sink.count("tcpErrors"));
    this.#sweeper = this.#scheduleSweep();
  }

  send(bytes: Uint8Array, to: SipAddress, failed: (problem: string) => void): void {
    if (this.#isClosed) {
      queueMicrotask(() => failed("the listener is closed"));
      return;
    }
    const known = (to.flow === undefined ? undefined : this.#byFlow.get(to.flow)) ?? this.#byPeer.get(peerKey(to));
    const connection = known ?? this.#open(to);
    if (connection.socket.writableLength > this.#limits.unsentBytes) {
      this.#sink.count("tcpSlowPeers");
      this.#drop(connection, "the peer does not take what is sent");
    }
    connection.unsent.add(failed);
    connection.socket.write(bytes, (error) => {
      // When the connection failed, `#drop` has told.
      if (error === null || error === undefined) connection.unsent.delete(failed);
    });
    if (connection.socket.destroyed) queueMicrotask(() => this.#drop(connection, "the connection is closed"));
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#sweeper.cancel();
    for (const connection of this.#byFlow.values()) connection.socket.destroy();
    await new Promise<void>((done) => this.#server.close(() => done()));
  }

  #take(socket: Socket): void {
    const address = plainAddress(socket.remoteAddress ?? "");
    const taken = this.#takenFrom.get(address) ?? 0;
    if (address === "" || taken >= this.#limits.perAddress || this.#byFlow.size >= this.#limits.total) {
      this.#sink.count("tcpRefusedConnections");
      socket.destroy();
      return;
    }
    this.#takenFrom.set(address, taken + 1);
    this.#adopt(socket, { address, port: socket.remotePort ?? 0, isIncoming: true });
  }

  #open(to: SipAddress): Connection {
    const socket = connect({ host: to.address, port: to.port, noDelay: true });
    const connection = this.#adopt(socket, { address: to.address, port: to.port, isIncoming: false });
    const timer = this.#clock.schedule(this.#clock.nowMs() + this.#limits.connectMs, () => {
      if (!connection.isOpen) this.#drop(connection, `no connection within ${this.#limits.connectMs} ms`);
    });
    socket.once("connect", () => {
      connection.isOpen = true;
      timer.cancel();
    });
    socket.once("close", () => timer.cancel());
    return connection;
  }

  #adopt(socket: Socket, far: { address: string; port: number; isIncoming: boolean }): Connection {
    const flow = `tcp-${this.bound.port}-${++this.#flowCount}`;
    const connection: Connection = {
      flow,
      socket,
      peer: { transport: "tcp", address: far.address, port: far.port, flow },
      framer: new StreamFramer(),
      isIncoming: far.isIncoming,
      unsent: new Set(),
      isOpen: far.isIncoming,
      lastHeardMs: this.#clock.nowMs(),
      messageSinceMs: undefined,
    };
    this.#byFlow.set(flow, connection);
    this.#byPeer.set(peerKey(connection.peer), connection);
    socket.on("data", (bytes) => this.#read(connection, bytes));
    let problem = "the peer closed the connection";
    socket.on("error", (error) => {
      problem = error.message;
    });
    socket.on("close", () => this.#drop(connection, problem));
    return connection;
  }

  #read(connection: Connection, bytes: Uint8Array): void {
    connection.lastHeardMs = this.#clock.nowMs();
    for (const framed of connection.framer.push(bytes)) this.#handle(connection, framed);
    if (connection.framer.pendingBytes === 0) connection.messageSinceMs = undefined;
    else connection.messageSinceMs ??= connection.lastHeardMs;
  }

  #handle(connection: Connection, framed: Framed): void {
    if (framed.type === "ping") {
      connection.socket.write(PONG);
      return;
    }
    this.#sink.framed(framed.result, connection.peer);
    if (framed.type !== "fatal") return;
    this.#sink.count("tcpFramingErrors");
    // The answer, if any, was written just now and goes out before the end.
    connection.socket.end();
    this.#forget(connection);
  }

  /** Idempotent. */
  #drop(connection: Connection, problem: string): void {
    connection.socket.destroy();
    this.#forget(connection);
    for (const failed of connection.unsent) failed(problem);
    connection.unsent.clear();
  }

  #forget(connection: Connection): void {
    if (!this.#byFlow.delete(connection.flow)) return;
    const key = peerKey(connection.peer);
    if (this.#byPeer.get(key) === connection) this.#byPeer.delete(key);
    if (connection.isIncoming) this.#release(connection.peer.address);
    if (!this.#isClosed) this.#sink.flowClosed(connection.flow);
  }

  #release(address: string): void {
    const left = (this.#takenFrom.get(address) ?? 1) - 1;
    if (left > 0) this.#takenFrom.set(address, left);
    else this.#takenFrom.delete(address);
  }

  #scheduleSweep(): Timer {
    return this.#clock.schedule(this.#clock.nowMs() + SWEEP_EVERY_MS, () => {
      const nowMs = this.#clock.nowMs();
      for (const connection of this.#byFlow.values()) {
        const { lastHeardMs, messageSinceMs } = connection;
        if (messageSinceMs !== undefined && nowMs - messageSinceMs > this.#limits.messageMs) {
          this.#sink.count("tcpUnfinishedMessages");
          this.#drop(connection, "a message was begun and not finished");
        } else if (nowMs - lastHeardMs > this.#limits.idleMs) {
          if (this.#sink.isFlowInUse(connection.flow)) {
            // Looked at again after another such time.
            connection.lastHeardMs = nowMs;
            continue;
          }
          this.#sink.count("tcpIdleConnections");
          this.#drop(connection, "idle");
        }
      }
      if (!this.#isClosed) this.#sweeper = this.#scheduleSweep();
    });
  }
}

function listen(server: Server, listener: Listener): Promise<void> {
  return new Promise((done, fail) => {
    const onError = (error: Error): void => fail(bindError(listener, error));
    server.once("error", onError);
    server.listen({ host: listener.host, port: listener.port, exclusive: true }, () => {
      server.off("error", onError);
      done();
    });
  });
}

function peerKey(peer: SipAddress): string {
  return `${peer.address} ${peer.port}`;
}

/** A dual-stack socket shows IPv4 peers as `::ffff:192.0.2.1`. */
function plainAddress(address: string): string {
  return address.startsWith("::ffff:") && address.includes(".") ? address.slice(7) : address;
}
