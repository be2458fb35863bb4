/** What the user agent asks of whoever drives it, and what it needs to know of its surroundings. */
import type { Random } from "@voepy/base";
import type { Transaction } from "../transaction/transaction.ts";
import type { Hop } from "./hop.ts";
import type { Owner } from "./session.ts";
import type { SessionId, SipEvent, UserAgentHooks } from "./types.ts";

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
  /** To be answered by `resolved`. */
  | { readonly type: "resolve"; readonly session: SessionId; readonly host: string };

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
