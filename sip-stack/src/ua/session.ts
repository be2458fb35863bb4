/** An INVITE usage as plain data: what call-control calls a session. The usages (`invite-in`, `reoffer`, …) write it. */
import type { Dialog } from "../dialog/dialog.ts";
import type { SessionTimer } from "../dialog/session-timer.ts";
import type { Header } from "../message/message.ts";
import type { Transaction, TransactionWake } from "../transaction/transaction.ts";
import type { Deadline } from "./deadlines.ts";
import type { Hop } from "./hop.ts";
import type { ExchangeId, OutgoingInvite, SessionId, SessionTimers } from "./types.ts";

/** Who started a transaction; a response or a failure is handed to that usage. */
export type Owner =
  | { readonly usage: "none" }
  | { readonly usage: "exchange"; readonly exchange: ExchangeId }
  | { readonly usage: SessionUsage; readonly session: SessionId };

/** What a transaction of a session is for. `refresh` is an UPDATE without an offer. */
export type SessionUsage =
  | "invite"
  | "cancel"
  | "reinvite"
  | "update"
  | "refresh"
  | "prack"
  | "bye"
  | "info"
  | "refer"
  | "notify";

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
  | "reoffer"
  /** Incoming: a reliable provisional is repeated until its PRACK (RFC 3262 §3). */
  | "prack"
  /** Half of the session interval is over: we refresh (RFC 4028 §10). */
  | "refresh"
  /** Nobody has refreshed the session (RFC 4028 §10). */
  | "expiry"
  /** A subscription by REFER has run out (RFC 3515 §2.4.4). */
  | "subscription";

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
  | ({ readonly type: "sent"; readonly dialog: Dialog } & OwnOffer)
  | { readonly type: "received"; readonly dialog: Dialog; readonly reply: OfferReply };

export interface OwnOffer {
  readonly sdp: string;
  readonly by: "INVITE" | "UPDATE";
  /** From 1. */
  readonly attempt: number;
  /** Only to show that we are alive: the same SDP again, nothing to tell the user (RFC 4028 §7.4). */
  readonly isRefresh: boolean;
}

/** What carries our answer. */
export type OfferReply =
  /** To a re-INVITE, UPDATE or PRACK. `isLate`: they want our offer. */
  | { readonly by: "response"; readonly transaction: Transaction<Owner>; readonly isLate: boolean }
  /** The offer came in a reliable provisional (RFC 3262 §5). */
  | { readonly by: "prack"; readonly rack: string }
  /** The offer came in the 2xx (RFC 3261 §13.2.2.4). */
  | { readonly by: "ack" };

/** A REFER of ours whose outcome is not known yet (RFC 3515). */
export interface ReferOut {
  /** CSeq of the first try and of the last: `id` of its NOTIFYs (§2.4.6). */
  firstCseq: number;
  lastCseq: number;
  isAccepted: boolean;
}

/** A REFER of the peer: unanswered, or answered and being reported on. */
export interface ReferIn {
  readonly cseq: number;
  /** Until it is answered. */
  transaction: Transaction<Owner> | undefined;
  /** RFC 4488: the peer wants no NOTIFY. */
  readonly isSilent: boolean;
}

/** A reliable provisional that was sent and not acknowledged yet (RFC 3262 §3). */
export interface Unpracked {
  readonly rseq: number;
  readonly bytes: Uint8Array;
  readonly hasSdp: boolean;
  readonly giveUpAtMs: number;
  intervalMs: number;
}

interface AnySession {
  readonly id: SessionId;
  readonly callId: string;
  phase: Phase;
  /** Incoming: from the start. Outgoing: of the branch that answered. */
  dialog: Dialog | undefined;
  reoffer: Reoffer;
  /** Refused with 491 and to be sent again when the alarm rings; theirs may come and go meanwhile. */
  deferred: ({ readonly dialog: Dialog } & OwnOffer) | undefined;
  /** What we said last in an exchange that stands, for refreshes by re-INVITE. */
  localSdp: string | undefined;
  timers: SessionTimers;
  /** As agreed by the last INVITE or UPDATE with its 2xx. */
  timer: SessionTimer | undefined;
  /** Most that a 422 demanded, and how often one did. */
  minSeSecs: number;
  raises: number;
  referOut: ReferOut | undefined;
  referIn: ReferIn | undefined;
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
  lastProvisional: ProvisionalAnswer | undefined;
  /** What the caller knows of RFC 3262. */
  readonly reliability: "none" | "supported" | "required";
  /** RSeq of the last reliable provisional. */
  rseq: number;
  unpracked: Unpracked | undefined;
  /** Reliable provisionals that wait for the PRACK of the one before. */
  readonly waiting: ProvisionalAnswer[];
  /** `accept` was called and waits for the PRACK of a provisional with SDP. */
  accepted: AcceptAnswer | undefined;
}

/** What `accept` says. */
export interface AcceptAnswer {
  readonly sdp?: string | undefined;
  readonly headers?: readonly Header[] | undefined;
  readonly sessionTimers?: SessionTimers | undefined;
}

/** What `progress` says. */
export interface ProvisionalAnswer {
  readonly status: number;
  readonly reason?: string | undefined;
  readonly sdp?: string | undefined;
  readonly headers?: readonly Header[] | undefined;
  readonly reliable?: boolean | undefined;
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
  /** Branch of the last provisional: where an offer before the answer goes. */
  lastBranch: string | undefined;
  isCancelled: boolean;
  cancelHeaders: readonly Header[];
  hasProvisional: boolean;
  /** By remote tag. */
  readonly early: Map<string, Dialog>;
  /** ACKs of 2xx by remote tag, for repeated 2xx. */
  readonly acks: Map<string, { readonly bytes: Uint8Array; readonly to: Hop }>;
}

export type Session = InSession | OutSession;

/** What every session starts with. */
export function freshUsage(timers: SessionTimers): Omit<AnySession, "id" | "callId" | "dialog"> {
  return {
    phase: "pending",
    reoffer: { type: "none" },
    deferred: undefined,
    localSdp: undefined,
    timers,
    timer: undefined,
    minSeSecs: 0,
    raises: 0,
    referOut: undefined,
    referIn: undefined,
    unacked: new Map(),
    alarms: new Map(),
    byeHeaders: [],
    running: 0,
    dialogKeys: new Set(),
  };
}
