/** What all usages share: the tables of sessions and dialogs, transactions, waiting, and the outbound effects. */
import { randomHex } from "@voepy/base";
import { type Dialog, dialogKey } from "../dialog/dialog.ts";
import { DEFAULT_SESSION_TIMERS } from "../dialog/session-timer.ts";
import { makeResponse, textBody } from "../message/build.ts";
import { bracketed } from "../message/ip.ts";
import type { Header, SipRequest, SipResponse } from "../message/message.ts";
import { hasParam } from "../message/params.ts";
import { serialise } from "../message/serialise.ts";
import { escapeUser } from "../message/uri.ts";
import type { Envelope } from "../transaction/keys.ts";
import { type TransactionPort, Transactions } from "../transaction/layer.ts";
import type { Transaction } from "../transaction/transaction.ts";
import { type Deadline, Deadlines } from "./deadlines.ts";
import { DEFAULT_LIMITS, type Effect, type Limits, type LocateTarget, type UserAgentOptions } from "./effects.ts";
import { defaultPort, type Hop, viaTransport } from "./hop.ts";
import type { Alarm, Owner, Session, Wake } from "./session.ts";
import type { ExchangeId, SessionId, SessionTimers, SipEvent } from "./types.ts";

/** Methods we serve (RFC 3261 §20.5). */
export const ALLOW: Header = {
  name: "Allow",
  value: "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK, REFER, NOTIFY, REGISTER",
};

export interface Reply {
  readonly reason?: string | undefined;
  readonly toTag?: string | undefined;
  readonly headers?: readonly Header[] | undefined;
  readonly sdp?: string | undefined;
}

export class Core {
  readonly options: UserAgentOptions;
  readonly limits: Limits;
  readonly deadlines = new Deadlines<Wake>();
  readonly transactions: Transactions<Owner>;
  readonly sessions = new Map<SessionId, Session>();
  /** By `dialogKey`. */
  readonly dialogs = new Map<string, Session>();
  readonly counters = new Map<string, number>();
  /** Option tags we know (RFC 3261 §20.37). */
  readonly extensions: readonly string[];
  readonly timers: SessionTimers;
  /** Call-ID and From tag of INVITEs of ours, to know one that comes back. */
  readonly #ownCalls = new Set<string>();
  /** Keys of dialogs that ended, oldest first. */
  readonly #endedDialogs = new Set<string>();
  /** Sessions that are not over. */
  liveSessions = 0;
  /** Unanswered incoming INVITEs by source address. */
  readonly pendingBySource = new Map<string, number>();
  #effects: Effect[] = [];

  constructor(options: UserAgentOptions, port: Omit<TransactionPort<Owner>, "send">) {
    this.options = options;
    this.limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.timers = options.sessionTimers ?? DEFAULT_SESSION_TIMERS;
    const timer = this.timers.mode === "off" ? [] : ["timer"];
    this.extensions = ["100rel", ...timer, "replaces", "norefersub"];
    this.transactions = new Transactions<Owner>(this.deadlines, {
      ...port,
      send: (bytes, transaction) =>
        this.#effects.push({
          type: "send",
          bytes,
          to: transaction.peer,
          callId: transaction.callId,
          transaction,
        }),
    });
  }

  /** Takes what has gathered, in order. */
  drain(): Effect[] {
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  emit(event: SipEvent): void {
    this.#effects.push({ type: "event", event });
  }

  locate(id: SessionId | ExchangeId, target: LocateTarget): void {
    this.#effects.push({ type: "locate", id, target });
  }

  avoid(hop: Hop, forMs: number): void {
    this.#effects.push({ type: "avoid", hop, forMs });
  }

  /** Outside of any transaction: ACK to a 2xx, a repeated 2xx, a stateless refusal. */
  send(bytes: Uint8Array, to: Hop, callId: string): void {
    this.#effects.push({ type: "send", bytes, to, callId, transaction: undefined });
  }

  count(name: string): void {
    this.counters.set(name, (this.counters.get(name) ?? 0) + 1);
  }

  notePending(address: string, change: 1 | -1): void {
    const pending = (this.pendingBySource.get(address) ?? 0) + change;
    if (pending > 0) this.pendingBySource.set(address, pending);
    else this.pendingBySource.delete(address);
  }

  /** Lower-case hexadecimal; 8 bytes make a tag (§19.3 asks for 32 bits, a guesser for more). */
  token(bytes = 8): string {
    return randomHex(this.options.random, bytes);
  }

  /** A Via of ours towards `to`, and its branch. */
  makeVia(to: Hop): { via: string; branch: string } {
    const { address, port } = this.options.near(to);
    const branch = `z9hG4bK${this.token()}`;
    // RFC 3581 §3: we want the answer where the request came from.
    const via = `SIP/2.0/${viaTransport(to.transport)} ${bracketed(address)}:${port};rport;branch=${branch}`;
    return { via, branch };
  }

  /** Value of our Contact as that hop reaches it. */
  makeContact(to: Hop, user = "voepy"): string {
    const { address, port } = this.options.near(to);
    // RFC 7118 §5.2.4: `ws` stands for both.
    const named = to.transport === "wss" ? "ws" : to.transport;
    const transport = named === "udp" ? "" : `;transport=${named}`;
    return `<sip:${escapeUser(user)}@${bracketed(address)}:${port}${transport}>`;
  }

  /** RFC 3261 §20.37. `timer` only where the session keeps timers. */
  supported(timers: SessionTimers = this.timers): Header {
    const tags = this.extensions.filter((tag) => tag !== "timer" || timers.mode !== "off");
    return { name: "Supported", value: tags.join(", ") };
  }

  get agentHeader(): Header {
    return { name: "User-Agent", value: this.options.userAgentName };
  }

  /** Starts the server transaction of a new request. */
  serve(request: SipRequest, envelope: Envelope, source: Hop, owner: Owner): Transaction<Owner> {
    return this.transactions.startServer(request, envelope, { peer: responseHop(envelope, source), owner });
  }

  respond(transaction: Transaction<Owner>, status: number, reply: Reply, nowMs: number): SipResponse {
    const response = this.makeReply(transaction.request, status, reply);
    this.transactions.respond(transaction, response, nowMs);
    return response;
  }

  makeReply(request: SipRequest, status: number, reply: Reply): SipResponse {
    const headers = [...(reply.headers ?? []), { name: "Server", value: this.options.userAgentName }];
    return makeResponse(request, status, {
      reason: reply.reason,
      toTag: reply.toTag,
      headers,
      body: reply.sdp === undefined ? undefined : textBody("application/sdp", reply.sdp),
    });
  }

  /** Answers without keeping anything (§8.2.7). A repeat of the request gets the same To tag. */
  refuseStatelessly(request: SipRequest, envelope: Envelope, source: Hop, refusal: { status: number } & Reply): void {
    // §17.1.1.3: an ACK is never answered.
    if (request.method === "ACK") return;
    const response = this.makeReply(request, refusal.status, {
      toTag: statelessTag(envelope),
      ...refusal,
    });
    this.send(serialise(response), responseHop(envelope, source), envelope.callId);
  }

  /** The session a transaction is of, where it is of one and that still lives. */
  sessionOf(owner: Owner): Session | undefined {
    return "session" in owner ? this.sessions.get(owner.session) : undefined;
  }

  addDialog(session: Session, dialog: Dialog): void {
    const key = dialogKey(dialog.callId, dialog.localTag, dialog.remoteTag);
    this.dialogs.set(key, session);
    session.dialogKeys.add(key);
  }

  /** Early dialogs of other forks take no more requests. */
  keepOnlyDialog(session: Session, dialog: Dialog): void {
    const kept = dialogKey(dialog.callId, dialog.localTag, dialog.remoteTag);
    for (const key of session.dialogKeys) {
      if (key === kept) continue;
      this.dialogs.delete(key);
      session.dialogKeys.delete(key);
    }
  }

  setAlarm(session: Session, alarm: Alarm, atMs: number): void {
    this.stopAlarm(session, alarm);
    session.alarms.set(alarm, this.deadlines.arm(atMs, { type: "session", session: session.id, alarm }));
  }

  stopAlarm(session: Session, alarm: Alarm): void {
    const deadline: Deadline<Wake> | undefined = session.alarms.get(alarm);
    if (deadline === undefined) return;
    this.deadlines.cancel(deadline);
    session.alarms.delete(alarm);
  }

  open(session: Session): void {
    this.sessions.set(session.id, session);
    if (session.direction === "out") this.#ownCalls.add(ownCallKey(session.callId, session.fromTag));
    this.liveSessions++;
  }

  /** An INVITE of ours that came back to us: by a loop, or by a proxy that thinks we are the one to be called. */
  isOwnCall(envelope: Envelope): boolean {
    return this.#ownCalls.has(ownCallKey(envelope.callId, envelope.fromTag));
  }

  /** A confirmed dialog of that key was here: RFC 3891 §3 tells it from one that never was. */
  hasEnded(key: string): boolean {
    return this.#endedDialogs.has(key);
  }

  /** The session takes no more part in dialogs; it is forgotten when its last client transaction ends. */
  close(session: Session): void {
    if (session.phase !== "over") this.liveSessions--;
    const wasConfirmed = session.phase === "answered" || session.phase === "closing";
    session.phase = "over";
    for (const alarm of session.alarms.keys()) {
      if (alarm !== "cancelPatience" && alarm !== "latePatience") this.stopAlarm(session, alarm);
    }
    for (const unacked of session.unacked.values()) this.deadlines.cancel(unacked.deadline);
    session.unacked.clear();
    for (const key of session.dialogKeys) {
      this.dialogs.delete(key);
      if (wasConfirmed) this.#noteEnded(key);
    }
    session.dialogKeys.clear();
    this.release(session);
  }

  #noteEnded(key: string): void {
    this.#endedDialogs.add(key);
    if (this.#endedDialogs.size <= ENDED_REMEMBERED) return;
    for (const oldest of this.#endedDialogs) {
      this.#endedDialogs.delete(oldest);
      return;
    }
  }

  /** Forgets a session that is over and has nothing running. */
  release(session: Session): void {
    if (session.phase !== "over" || session.running > 0) return;
    this.stopAlarm(session, "cancelPatience");
    this.stopAlarm(session, "latePatience");
    this.sessions.delete(session.id);
    if (session.direction === "out") this.#ownCalls.delete(ownCallKey(session.callId, session.fromTag));
  }
}

/** Dialogs that are remembered after their end. */
const ENDED_REMEMBERED = 1_000;

function ownCallKey(callId: string, fromTag: string): string {
  return `${callId} ${fromTag}`;
}

/**
 * RFC 3261 §18.2.2 and RFC 3581 §4: always to the address the request came from, to its port where `rport` was asked
 * for. Deviation: `maddr` is not followed, it would let a stranger aim our answers at others.
 */
export function responseHop(envelope: Envelope, source: Hop): Hop {
  // A stream: by its connection, and when that is gone by a new one to the port of sent-by.
  if (source.transport === "udp" && hasParam(envelope.via.params, "rport")) return source;
  return { ...source, port: envelope.via.port ?? defaultPort(source.transport) };
}

/** §8.2.7: the same for every repeat. FNV-1a over what repeats share; it guards nothing, so it needs no secret. */
function statelessTag(envelope: Envelope): string {
  let hash = 0x811c9dc5;
  const text = `${envelope.callId} ${envelope.fromTag} ${envelope.cseqNumber} ${envelope.branch}`;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return `r${hash.toString(16).padStart(8, "0")}`;
}
