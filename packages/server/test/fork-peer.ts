/** WebSocket servers of streams, without a socket and in virtual time: 2 ms away, as slow and as rude as a test wants. */
import type { Clock } from "@voepy/base";
import type { ConnectFork, ForkMessage, ForkSocketListener, ForkTarget } from "@voepy/media-engine";

const DELAY_MS = 2;

export interface PeerMessage {
  readonly atMs: number;
  // Tests look into frames freely; a wrong path reads undefined and fails the assertion.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly json: any;
  readonly bytes: Uint8Array | undefined;
}

/** One connection, from the peer's side. */
export class PeerConnection {
  readonly target: ForkTarget;
  readonly received: PeerMessage[] = [];
  isOpen = true;
  /** Off: nothing is taken off the network. */
  isReading = true;
  onMessage: (message: PeerMessage) => void = () => undefined;
  readonly #clock: Clock;
  readonly #listener: ForkSocketListener;
  #unread: ForkMessage[] = [];

  constructor(clock: Clock, target: ForkTarget, listener: ForkSocketListener) {
    this.#clock = clock;
    this.target = target;
    this.#listener = listener;
  }

  get unreadBytes(): number {
    return this.isReading ? 0 : this.#unread.reduce((sum, { length }) => sum + length, 0);
  }

  send(message: unknown): void {
    const words = message instanceof Uint8Array || typeof message === "string" ? message : JSON.stringify(message);
    this.#later(() => {
      if (this.isOpen) this.#listener.onMessage(words);
    });
  }

  close(code = 1000): void {
    this.#later(() => this.end(code));
  }

  read(): void {
    this.isReading = true;
    for (const message of this.#unread.splice(0)) this.take(message);
  }

  /** Called by our side. */
  take(message: ForkMessage): void {
    if (!this.isReading) {
      this.#unread.push(message);
      return;
    }
    this.#later(() => {
      const isText = typeof message === "string";
      const heard = {
        atMs: this.#clock.nowMs(),
        json: isText ? JSON.parse(message) : undefined,
        bytes: isText ? undefined : message,
      };
      this.received.push(heard);
      this.onMessage(heard);
    });
  }

  end(code: number): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.#listener.onClosed({ code, reason: code === 1006 ? "the connection was lost" : "" });
  }

  /** Messages of one event. */
  // oxlint-disable-next-line typescript/no-explicit-any
  events(event: string): any[] {
    return this.received.flatMap(({ json }) => (json?.event === event ? [json] : []));
  }

  #later(run: () => void): void {
    this.#clock.schedule(this.#clock.nowMs() + DELAY_MS, run);
  }
}

export class ForkPeers {
  readonly connections: PeerConnection[] = [];
  /** Decides on each attempt. */
  accepts: (target: ForkTarget) => boolean = () => true;
  onConnection: (connection: PeerConnection) => void = () => undefined;
  attempts = 0;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The latest. */
  get last(): PeerConnection {
    const last = this.connections.at(-1);
    if (last === undefined) throw new Error("no stream has connected");
    return last;
  }

  readonly connect: ConnectFork = (target, listener) => {
    this.attempts++;
    const connection = new PeerConnection(this.#clock, target, listener);
    this.#clock.schedule(this.#clock.nowMs() + DELAY_MS, () => {
      if (!this.accepts(target)) {
        listener.onClosed({ code: 1006, reason: "connect ECONNREFUSED" });
        return;
      }
      this.connections.push(connection);
      this.onConnection(connection);
      listener.onOpen();
    });
    return {
      send: (message) => connection.take(message),
      queuedBytes: () => connection.unreadBytes,
      close: () => connection.close(),
    };
  };
}
