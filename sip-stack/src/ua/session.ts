/** An INVITE usage as plain data: what call-control calls a session. The usages (`invite-in`, `reoffer`, …) write it. */
import type { Dialog } from "../dialog/dialog.ts";
import type { Header, SipResponse } from "../message/message.ts";
import type { Transaction, TransactionWake } from "../transaction/transaction.ts";
import type { Deadline } from "./deadlines.ts";
import type { Hop } from "./hop.ts";
import type { ExchangeId, OutgoingInvite, SessionId } from "./types.ts";

/** Who started a transaction; a response or a failure is handed to that usage. */
export type Owner =
  | { readonly usage: "none" }
  | { readonly usage: "exchange"; readonly exchange: ExchangeId }
  | { readonly usage: "invite" | "cancel" | "reinvite" | "update" | "bye" | "info"; readonly session: SessionId };

/** All that waits in the deadline heap. */
export type Wake =
  | TransactionWake<Owner>
  | { readonly type: "session"; readonly session: SessionId; readonly alarm: Alarm }
  /** A 2xx of ours that no ACK has answered yet. */
  | { readonly type: "repeat2xx"; readonly session: SessionId; readonly cseq: number }
  | { readonly type: "bindings"; readonly username: string }
  /** A request outside of any call has waited long enough. */
  | { readonly type: "exchange"; readonly exchange: ExchangeId };

export type Alarm =
  /** Outgoing: no provisional came. */
  | "firstResponse"
  /** Incoming: a provisional is repeated every minute (§13.3.1.1). */
  | "provisional"
  /** Outgoing: 64 × T1 after CANCEL the INVITE counts as cancelled (§9.1). */
  | "cancelPatience"
  /** Outgoing: the server being tried is silent, the next one is due (RFC 3263 §4.3). */
  | "nextHop"
  /** Outgoing: the same patience with servers that were given up and answered after all. */
  | "latePatience"
  /** The wait after a 491 (§14.1). */
  | "reoffer";

/**
 * `pending`: no final response. `answered`: a 2xx went or came. `closing`: `bye` was called, the BYE waits for the
 * peer's ACK (§15). `over`: told or to be told as ended; kept while transactions of its own still run.
 */
export type Phase = "pending" | "answered" | "closing" | "over";

/** A 2xx repeated until its ACK (§13.3.1.4). */
export interface Unacked {
  readonly bytes: Uint8Array;
  readonly peer: Hop;
  /** Of the INVITE that made the session, not of a re-INVITE. */
  readonly isInitial: boolean;
  /** The 2xx carried our offer: the ACK carries the answer. */
  readonly isOffer: boolean;
  readonly giveUpAtMs: number;
  intervalMs: number;
  deadline: Deadline<Wake> | undefined;
}

/** The one offer that may be open in a dialog (RFC 3264 §4, RFC 3311 §5.1). */
export type Reoffer =
  | { readonly type: "none" }
  | { readonly type: "sent"; readonly sdp: string; readonly attempt: number }
  | { readonly type: "received"; readonly transaction: Transaction<Owner>; readonly isLate: boolean };

interface AnySession {
  readonly id: SessionId;
  readonly callId: string;
  phase: Phase;
  /** Incoming: from the start. Outgoing: of the branch that answered. */
  dialog: Dialog | undefined;
  reoffer: Reoffer;
  /** Refused with 491 and to be sent again when the alarm rings; theirs may come and go meanwhile. */
  deferred: { readonly sdp: string; readonly attempt: number } | undefined;
  /** By CSeq number of the INVITE. */
  readonly unacked: Map<number, Unacked>;
  readonly alarms: Map<Alarm, Deadline<Wake>>;
  /** Headers for the BYE that waits for an ACK. */
  byeHeaders: readonly Header[];
  /** Client transactions of this session that still run. */
  running: number;
  /** Of dialogs registered for this session. */
  readonly dialogKeys: Set<string>;
}

export interface InSession extends AnySession {
  readonly direction: "in";
  readonly localTag: string;
  readonly transaction: Transaction<Owner>;
  readonly dialog: Dialog;
  readonly cseq: number;
  readonly hasOffer: boolean;
  lastProvisional: SipResponse | undefined;
}

export interface OutSession extends AnySession {
  readonly direction: "out";
  readonly request: OutgoingInvite;
  readonly fromTag: string;
  hop: Hop | undefined;
  /** Of the server being tried. */
  transaction: Transaction<Owner> | undefined;
  /** Servers not tried yet, best first (RFC 3263 §4.3); undefined: the target was an address. */
  alternatives: readonly Hop[] | undefined;
  /** INVITEs to servers that were given up and may still be answered; whether a CANCEL went after them. */
  readonly late: Map<Transaction<Owner>, boolean>;
  cseq: number;
  /** INVITEs sent: credentials are tried at most twice (§22.2). */
  tries: number;
  /** Realm our credentials were given to; in-dialog challenges of another one are not answered. */
  realm: string | undefined;
  isCancelled: boolean;
  cancelHeaders: readonly Header[];
  hasProvisional: boolean;
  /** By remote tag. */
  readonly early: Map<string, Dialog>;
  /** ACKs of 2xx by remote tag, for repeated 2xx. */
  readonly acks: Map<string, { readonly bytes: Uint8Array; readonly to: Hop }>;
}

export type Session = InSession | OutSession;
