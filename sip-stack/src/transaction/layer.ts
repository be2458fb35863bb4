/**
 * All transactions of a user agent: finds the one a message belongs to (RFC 3261 §17.1.3, §17.2.3), runs its table,
 * absorbs repeats. Sans-IO: what is to be sent or told goes through the `TransactionPort`.
 */
import { makeAck } from "../message/build.ts";
import { headerOf, type SipRequest, type SipResponse } from "../message/message.ts";
import { serialise } from "../message/serialise.ts";
import type { Deadline } from "../ua/deadlines.ts";
import type { Hop } from "../ua/hop.ts";
import { clientKey, type Envelope, mergeKey, serverKey } from "./keys.ts";
import type { Action, Input } from "./table.ts";
import { T1_MS, TIMERS, type TimerName } from "./timers.ts";
import { TABLES, type Transaction, type TransactionKind, type TransactionWake } from "./transaction.ts";

/** What the layer asks of its user. Called while an input is handled; must not throw. */
export interface TransactionPort<Owner> {
  send(bytes: Uint8Array, transaction: Transaction<Owner>): void;
  /** A client's response; of an INVITE 2xx every one. */
  response(transaction: Transaction<Owner>, response: SipResponse, nowMs: number): void;
  /** A client got no final response. */
  failed(transaction: Transaction<Owner>, cause: "timeout" | "transport", nowMs: number): void;
  /** An ACK that came by the transaction of our 2xx (only peers that reuse the branch do so). */
  ack(transaction: Transaction<Owner>, ack: SipRequest, nowMs: number): void;
  /** It is forgotten: nothing more comes of it. */
  terminated(transaction: Transaction<Owner>): void;
}

/** The part of the deadline heap that the layer uses; the heap may hold other kinds of wakes too. */
export interface TransactionDeadlines<Owner> {
  arm(atMs: number, what: TransactionWake<Owner>): Deadline<unknown>;
  cancel(entry: Deadline<unknown> | undefined): void;
}

/** What comes with an input. */
interface Happening {
  readonly message?: SipRequest | SipResponse;
  readonly nowMs: number;
}

export type Arrival<Owner> =
  /** No transaction knows it; one may be started. */
  | { readonly type: "new" }
  | { readonly type: "absorbed"; readonly transaction: Transaction<Owner> }
  /** Came by another path while the first is being served: 482 (§8.2.2.2). */
  | { readonly type: "merged" };

export class Transactions<Owner> {
  readonly #clients = new Map<string, Transaction<Owner>>();
  readonly #servers = new Map<string, Transaction<Owner>>();
  readonly #merged = new Map<string, Transaction<Owner>>();
  readonly #deadlines: TransactionDeadlines<Owner>;
  readonly #port: TransactionPort<Owner>;
  /** Repeats received and absorbed. */
  repeatsReceived = 0;
  /** Messages we sent again. */
  repeatsSent = 0;

  constructor(deadlines: TransactionDeadlines<Owner>, port: TransactionPort<Owner>) {
    this.#deadlines = deadlines;
    this.#port = port;
  }

  get size(): number {
    return this.#clients.size + this.#servers.size;
  }

  get serverSize(): number {
    return this.#servers.size;
  }

  /** Sends a request that already carries its Via; `branch` is that Via's. */
  startClient(
    request: SipRequest,
    branch: string,
    to: { readonly peer: Hop; readonly owner: Owner },
    nowMs: number,
  ): Transaction<Owner> {
    const isInvite = request.method === "INVITE";
    const transaction = this.#make(isInvite ? "inviteClient" : "client", clientKey(branch, request.method), {
      request,
      ...to,
    });
    transaction.last = serialise(request);
    this.#clients.set(transaction.key, transaction);
    this.#arm(transaction, isInvite ? "A" : "E", nowMs);
    this.#arm(transaction, isInvite ? "B" : "F", nowMs);
    this.#port.send(transaction.last, transaction);
    return transaction;
  }

  /** False: nobody waits for it (§18.1.2 lets a user agent drop it). */
  receiveResponse(response: SipResponse, envelope: Envelope, nowMs: number): boolean {
    const transaction = this.#clients.get(clientKey(envelope.branch, envelope.cseqMethod));
    if (transaction === undefined) return false;
    this.#run(transaction, inputOf(response.status), { message: response, nowMs });
    return true;
  }

  /** Repeats and ACKs to 3xx–6xx end here. */
  receiveRequest(request: SipRequest, envelope: Envelope, nowMs: number): Arrival<Owner> {
    const transaction = this.#servers.get(serverKey(envelope, request.method));
    if (transaction !== undefined) {
      if (request.method !== "ACK") this.repeatsReceived++;
      this.#run(transaction, request.method === "ACK" ? "ack" : "request", { message: request, nowMs });
      return { type: "absorbed", transaction };
    }
    // §8.2.2.2: no tag in To, and From tag, Call-ID and CSeq of a request that is being served.
    if (request.method !== "ACK" && envelope.toTag === "" && this.#merged.has(mergeKey(envelope))) {
      return { type: "merged" };
    }
    return { type: "new" };
  }

  startServer(
    request: SipRequest,
    envelope: Envelope,
    from: { readonly peer: Hop; readonly owner: Owner },
  ): Transaction<Owner> {
    const transaction = this.#make(
      request.method === "INVITE" ? "inviteServer" : "server",
      serverKey(envelope, request.method),
      { request, ...from },
      envelope.toTag === "" ? mergeKey(envelope) : undefined,
    );
    this.#servers.set(transaction.key, transaction);
    if (transaction.mergeKey !== undefined) this.#merged.set(transaction.mergeKey, transaction);
    return transaction;
  }

  /** The INVITE a CANCEL names: matched as if it were that INVITE (§9.2). */
  inviteOfCancel(envelope: Envelope): Transaction<Owner> | undefined {
    return this.#servers.get(serverKey(envelope, "INVITE"));
  }

  /** A response of ours. */
  respond(transaction: Transaction<Owner>, response: SipResponse, nowMs: number): void {
    this.#run(transaction, inputOf(response.status), { message: response, nowMs });
  }

  fire(wake: TransactionWake<Owner>, nowMs: number): void {
    this.#run(wake.transaction, `timer${wake.timer}`, { nowMs });
  }

  sendFailed(transaction: Transaction<Owner>, nowMs: number): void {
    this.#run(transaction, "sendFailed", { nowMs });
  }

  /** Stops repeating a request nobody wants any more; a late answer is still matched. */
  hush(transaction: Transaction<Owner>): void {
    for (const timer of ["A", "E"] as const) this.#deadlines.cancel(transaction.deadlines.get(timer));
  }

  /** Forgets a client transaction at once: an INVITE that was cancelled and never finally answered (§9.1). */
  abandon(transaction: Transaction<Owner>): void {
    this.#terminate(transaction);
  }

  #make(
    kind: TransactionKind,
    key: string,
    parts: { request: SipRequest; peer: Hop; owner: Owner },
    merge?: string,
  ): Transaction<Owner> {
    const initial = {
      inviteClient: "calling",
      client: "trying",
      inviteServer: "proceeding",
      server: "trying",
    } as const;
    return {
      key,
      kind,
      state: initial[kind],
      ...parts,
      callId: headerOf(parts.request, "call-id") ?? "",
      reliable: parts.peer.transport !== "udp",
      last: undefined,
      deadlines: new Map(),
      intervalMs: T1_MS,
      mergeKey: merge,
    };
  }

  #run(transaction: Transaction<Owner>, input: Input, happening: Happening): void {
    const cell = TABLES[transaction.kind][transaction.state]?.[input];
    if (cell === undefined) return;
    // The state first: an action may lead back here.
    if (cell.to !== undefined) transaction.state = cell.to;
    for (const action of cell.actions) this.#act(transaction, action, happening);
    if (cell.to === "terminated") this.#terminate(transaction);
    else if (cell.to === "completed" || cell.to === "accepted") slim(transaction);
  }

  #act(transaction: Transaction<Owner>, action: Action, { message, nowMs }: Happening): void {
    if (typeof action === "object") this.#actOnTimer(transaction, action, nowMs);
    else if (action === "send" && message !== undefined) {
      transaction.last = serialise(message);
      this.#port.send(transaction.last, transaction);
    } else if (action === "resend" && transaction.last !== undefined) {
      this.repeatsSent++;
      this.#port.send(transaction.last, transaction);
    } else if (action === "ack" && message?.kind === "response") {
      this.#port.send(serialise(makeAck(transaction.request, message)), transaction);
    } else if (action === "pass" && message?.kind === "response") this.#port.response(transaction, message, nowMs);
    else if (action === "pass" && message?.kind === "request") this.#port.ack(transaction, message, nowMs);
    else if (action === "timeout") this.#port.failed(transaction, "timeout", nowMs);
    else if (action === "unreachable") this.#port.failed(transaction, "transport", nowMs);
  }

  #actOnTimer(transaction: Transaction<Owner>, action: Exclude<Action, string>, nowMs: number): void {
    if ("arm" in action) return this.#arm(transaction, action.arm, nowMs);
    if ("stop" in action) {
      this.#deadlines.cancel(transaction.deadlines.get(action.stop));
      transaction.deadlines.delete(action.stop);
      return;
    }
    const timer = "rearm" in action ? action.rearm : action.rearmAtCap;
    const cap = TIMERS[timer].capMs ?? Number.POSITIVE_INFINITY;
    transaction.intervalMs = "rearm" in action ? Math.min(transaction.intervalMs * 2, cap) : cap;
    this.#armIn(transaction, timer, nowMs + transaction.intervalMs);
  }

  #arm(transaction: Transaction<Owner>, timer: TimerName, nowMs: number): void {
    const delayMs = transaction.reliable ? TIMERS[timer].reliableMs : TIMERS[timer].unreliableMs;
    if (delayMs !== undefined) this.#armIn(transaction, timer, nowMs + delayMs);
  }

  #armIn(transaction: Transaction<Owner>, timer: TimerName, atMs: number): void {
    transaction.deadlines.set(timer, this.#deadlines.arm(atMs, { type: "transaction", transaction, timer }));
  }

  #terminate(transaction: Transaction<Owner>): void {
    transaction.state = "terminated";
    for (const deadline of transaction.deadlines.values()) this.#deadlines.cancel(deadline);
    transaction.deadlines.clear();
    (isClient(transaction) ? this.#clients : this.#servers).delete(transaction.key);
    if (transaction.mergeKey !== undefined) this.#merged.delete(transaction.mergeKey);
    this.#port.terminated(transaction);
  }
}

/**
 * What only waits for repeats keeps what it would send again and lets the rest go: at 700 calls a second 45,000 of them
 * wait. The headers of an INVITE of ours are kept, for the ACKs.
 */
function slim(transaction: Transaction<unknown>): void {
  if (isClient(transaction)) transaction.last = undefined;
  const { request } = transaction;
  const headers = transaction.kind === "inviteClient" ? request.headers : [];
  transaction.request = { ...request, headers, body: NO_BODY };
}

function isClient({ kind }: Transaction<unknown>): boolean {
  return kind === "inviteClient" || kind === "client";
}

const NO_BODY = new Uint8Array(0);

function inputOf(status: number): Input {
  if (status < 200) return "provisional";
  return status < 300 ? "success" : "failure";
}
