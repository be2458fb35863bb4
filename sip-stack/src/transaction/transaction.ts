/** One transaction as plain data (RFC 3261 §17). Only `layer.ts` writes to it. */
import type { SipRequest } from "../message/message.ts";
import type { Deadline } from "../ua/deadlines.ts";
import type { Hop } from "../ua/hop.ts";
import { client } from "./client.ts";
import { inviteClient } from "./invite-client.ts";
import { inviteServer } from "./invite-server.ts";
import { server } from "./server.ts";
import type { State, Table } from "./table.ts";
import type { TimerName } from "./timers.ts";

export type TransactionKind = "inviteClient" | "client" | "inviteServer" | "server";

export const TABLES: Readonly<Record<TransactionKind, Table>> = { inviteClient, client, inviteServer, server };

export interface Transaction<Owner> {
  /** See `keys.ts`; unique among all clients or all servers. */
  readonly key: string;
  readonly kind: TransactionKind;
  state: State;
  /** Without headers and body once a final response has been sent or, for a non-INVITE, has come. */
  request: SipRequest;
  readonly callId: string;
  /** Where its messages are sent. */
  readonly peer: Hop;
  /** The transport delivers by itself: no retransmission, no waiting for repeats. */
  readonly reliable: boolean;
  /** What the user agent needs to find who started it. */
  readonly owner: Owner;
  /** What `resend` sends: the request, or the last response. */
  last: Uint8Array | undefined;
  readonly deadlines: Map<TimerName, Deadline<unknown>>;
  /** Last interval of the timer that doubles, ms. */
  intervalMs: number;
  /** Servers of requests outside a dialog: the key under which merged requests are told (§8.2.2.2). */
  readonly mergeKey: string | undefined;
}

/** What the deadline heap holds for a transaction. */
export interface TransactionWake<Owner> {
  readonly type: "transaction";
  readonly transaction: Transaction<Owner>;
  readonly timer: TimerName;
}
