/** A fork's connection as the fork sees it; `io/fork-socket.ts` makes real ones. */
export interface ForkTarget {
  /** ws or wss. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly subprotocol: string | undefined;
  /** Addresses that are not public may be connected to. */
  readonly allowPrivate: boolean;
}

export type ForkMessage = string | Uint8Array;

export interface ForkClosing {
  /** RFC 6455 §7.4; 1006 when the connection was lost or never made. */
  readonly code: number;
  readonly reason: string;
}

/** Called from outside `connect` only. */
export interface ForkSocketListener {
  onOpen(): void;
  /** The message is the listener's to keep. */
  onMessage(message: ForkMessage): void;
  /** Once, whatever happened; nothing follows. */
  onClosed(closing: ForkClosing): void;
}

export interface ForkSocket {
  send(message: ForkMessage): void;
  /** Accepted by `send` and not yet by the network. */
  queuedBytes(): number;
  /** Says goodbye, and ends in a bounded time even if the peer does not answer. */
  close(): void;
}

/** Never throws: what is wrong is told by `onClosed`. */
export type ConnectFork = (target: ForkTarget, listener: ForkSocketListener) => ForkSocket;
