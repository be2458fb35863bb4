/**
 * What the driver asks of a way to move SIP text (RFC 3261 §18): UDP, TCP, TLS and WebSocket here, the emulated
 * network in tests. A transport knows whole messages only; parsing, Via and routing are the user agent's.
 */
import type { ParseResult } from "../message/message.ts";
import type { Hop } from "../ua/hop.ts";
import type { Listener, SipAddress, TransportName } from "../ua/types.ts";

export interface SipTransport {
  readonly transport: TransportName;
  /** As bound: the real port where 0 was asked, the wildcard address where that was asked. */
  readonly bound: { readonly address: string; readonly port: number };
  /**
   * Sends one whole message. A stream goes by `to.flow` while that connection is open, else by one to
   * `to.address:to.port`, opened when there is none. `failed` is called at most once, with what went wrong, and
   * never inside this call.
   */
  send(bytes: Uint8Array, to: Hop, failed: (problem: string) => void): void;
  /** Streams: that connection is one of this listener's, and open. */
  hasFlow?(flow: string): boolean;
  /** Stops receiving and frees the port. What is queued may be lost. Idempotent. */
  close(): Promise<void>;
}

/** Where a transport reports. Never called inside `OpenTransport` or `send`. */
export interface TransportSink {
  /** One datagram or WebSocket message. `bytes` is the receiver's to keep. */
  received(bytes: Uint8Array, source: SipAddress): void;
  /** One message cut from a stream, or the error that ended the stream. */
  framed(result: ParseResult, source: SipAddress): void;
  /** A stream connection is gone. */
  flowClosed(flow: string): void;
  /** Asked before an idle connection is closed: a registered phone or a quiet call still needs it. */
  isFlowInUse(flow: string): boolean;
  /** Something was dropped before it became a message: one more of that name in `counters()`. */
  count(name: string): void;
}

/** Binds and starts. Rejects with a CodedError that names transport, address, port and what to do. */
export type OpenTransport = (listener: Listener, sink: TransportSink) => Promise<SipTransport>;
