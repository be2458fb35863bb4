/** What the user agent asks of whoever drives it, and what it needs to know of its surroundings. */
import type { Random } from "@voepy/base";
import type { Transaction } from "../transaction/transaction.ts";
import type { Hop } from "./hop.ts";
import type { Owner } from "./session.ts";
import type { ExchangeId, SessionId, SessionTimers, SipEvent, TransportName, UserAgentHooks } from "./types.ts";

export type Effect =
  | {
      readonly type: "send";
      readonly bytes: Uint8Array;
      readonly to: Hop;
      readonly callId: string;
      /** To be named in `sendFailed` when the transport gives up. */
      readonly transaction: Transaction<Owner> | undefined;
    }
  | { readonly type: "event"; readonly event: SipEvent }
  /** To be answered by `located`. */
  | { readonly type: "locate"; readonly id: SessionId | ExchangeId; readonly target: LocateTarget }
  /** That server failed (RFC 3263 §4.3): for so long others are better. */
  | { readonly type: "avoid"; readonly hop: Hop; readonly forMs: number };

/** What is to be found by RFC 3263. */
export interface LocateTarget {
  /** Name or literal address, without brackets. */
  readonly host: string;
  /** undefined: DNS says, or the transport's default. */
  readonly port: number | undefined;
  /** undefined: DNS says. */
  readonly transport: TransportName | undefined;
  /** A `sips:` request: TLS or nothing. */
  readonly isSecure: boolean;
  /** Of the request; above 1300 it prefers a stream (RFC 3261 §18.1.1). */
  readonly sizeBytes: number;
}

export interface UserAgentOptions {
  /** Realm of our challenges. */
  readonly domain: string;
  readonly userAgentName: string;
  readonly digestAlgorithms: readonly ("MD5" | "SHA-256")[];
  readonly hooks: UserAgentHooks;
  readonly random: Random;
  /** Address and port that the far end of `hop` reaches us at. */
  near(hop: Hop): { readonly address: string; readonly port: number };
  readonly limits?: Partial<Limits> | undefined;
  /** Of sessions that say nothing else. Default: `accept`, 1800 s. */
  readonly sessionTimers?: SessionTimers | undefined;
}

export interface Limits {
  /** Transactions of others; above it new requests get 503. */
  readonly serverTransactions: number;
  /** Live sessions; above it new INVITEs get 503. */
  readonly sessions: number;
  /** Unanswered incoming INVITEs of one address. */
  readonly pendingPerSource: number;
  /** Contacts of one user. */
  readonly bindingsPerUser: number;
}

export const DEFAULT_LIMITS: Limits = {
  serverTransactions: 100_000,
  sessions: 20_000,
  pendingPerSource: 2_000,
  bindingsPerUser: 16,
};
