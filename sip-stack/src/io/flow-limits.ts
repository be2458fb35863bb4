/** What a stream listener allows its peers. */
export interface FlowLimits {
  /** A connection that says nothing and that nobody needs is closed after this. */
  readonly idleMs: number;
  /** From the first byte of a message to its last. */
  readonly messageMs: number;
  /** Connecting, with all handshakes. */
  readonly connectMs: number;
  /** Silence after which a connection that we must keep alive is pinged. */
  readonly pingAfterMs: number;
  readonly pongMs: number;
  /** How often all this is looked at. */
  readonly sweepEveryMs: number;
  /** Taken from one address. */
  readonly perAddress: number;
  readonly total: number;
  /** Not yet taken by a slow peer; beyond it the connection is closed. */
  readonly unsentBytes: number;
}

export const DEFAULT_FLOW_LIMITS: FlowLimits = {
  idleMs: 120_000,
  messageMs: 10_000,
  connectMs: 5_000,
  // RFC 5626 §4.4.1 lets a client wait at most 120 s; NATs that forget after a minute are met too.
  pingAfterMs: 50_000,
  pongMs: 10_000,
  sweepEveryMs: 2_000,
  perAddress: 50,
  total: 10_000,
  unsentBytes: 1024 * 1024,
};

/** A dual-stack socket shows IPv4 peers as `::ffff:192.0.2.1`. */
export function plainAddress(address: string): string {
  return address.startsWith("::ffff:") && address.includes(".") ? address.slice(7) : address;
}
