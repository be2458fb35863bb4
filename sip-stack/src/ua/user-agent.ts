/**
 * The SIP user agent, sans-IO: messages and the time go in, effects come out. The calling contract: after every call
 * take `drain()` and carry it out in order; call `tick` when `deadlineMs()` is reached.
 */
import { isTooBrief, MIN_SE_SECS } from "../dialog/session-timer.ts";
import { type Header, headerOf, type ParseResult, type SipRequest, type SipResponse } from "../message/message.ts";
import { NO_REASONS } from "../message/reasons.ts";
import { type Refusal, refusal } from "../message/refusal.ts";
import { serialise } from "../message/serialise.ts";
import { statelessTag, validateRequest, validateResponse } from "../message/validate.ts";
import { withSource } from "../message/via.ts";
import { type Envelope, readEnvelope } from "../transaction/keys.ts";
import type { Transaction } from "../transaction/transaction.ts";
import { admit, type Door } from "./admission.ts";
import { ring } from "./alarms.ts";
import { Authenticator } from "./authenticator.ts";
import { bye, endBroken } from "./bye.ts";
import { Core } from "./core.ts";
import { receiveInDialog } from "./dialog-requests.ts";
import type { Effect, UserAgentOptions } from "./effects.ts";
import { type ExchangeRequest, Exchanges } from "./exchange.ts";
import { flowLost, startAmong, startOut } from "./failover.ts";
import type { Hop } from "./hop.ts";
import { sendInfo } from "./info.ts";
import { abortInvite, accept, receiveAck, receiveCancel, refuse } from "./invite-in.ts";
import { cancel, makeOutSession } from "./invite-out.ts";
import { policyFor } from "./policy.ts";
import { sendProgress } from "./provisional-in.ts";
import { answerRefer, notifyRefer } from "./refer-in.ts";
import { type ReferRequest, refer } from "./refer-out.ts";
import { RefusalRate } from "./refusal-rate.ts";
import { Registrar } from "./registrar.ts";
import { offer } from "./reoffer.ts";
import { answerOffer } from "./reoffer-in.ts";
import { repeat2xx } from "./repeat-2xx.ts";
import { receiveSessionResponse, sessionRequestFailed } from "./responses.ts";
import type { AcceptAnswer, Owner, ProvisionalAnswer, Session, Wake } from "./session.ts";
import type { Binding, ExchangeId, OutgoingInvite, SessionId } from "./types.ts";

export class UserAgent {
  readonly #core: Core;
  readonly #registrar: Registrar;
  readonly #door: Door;
  readonly #exchanges: Exchanges;

  constructor(options: UserAgentOptions) {
    this.#core = new Core(options, {
      response: (transaction, response, nowMs) => this.#response(transaction, response, nowMs),
      failed: (transaction, cause, nowMs) => this.#failed(transaction, cause, nowMs),
      ack: (transaction, ack, nowMs) => this.#lateAck(transaction, ack, nowMs),
      terminated: (transaction) => this.#terminated(transaction),
    });
    this.#registrar = new Registrar(this.#core);
    this.#exchanges = new Exchanges(this.#core);
    this.#door = {
      core: this.#core,
      authenticator: new Authenticator(options),
      registrar: this.#registrar,
      refusals: new RefusalRate(),
    };
  }

  drain(): Effect[] {
    return this.#core.drain();
  }

  /** When `tick` is due next; undefined: nothing waits. */
  deadlineMs(): number | undefined {
    return this.#core.deadlines.nextMs();
  }

  tick(nowMs: number): void {
    for (let wake = this.#core.deadlines.popDue(nowMs); wake !== undefined; ) {
      this.#wake(wake, nowMs);
      wake = this.#core.deadlines.popDue(nowMs);
    }
  }

  /** One parsed message, or what the parser found wrong with it. Never throws. */
  receive(result: ParseResult, source: Hop, nowMs: number): void {
    if (!result.ok) this.#receiveMalformed(result, source);
    else if (result.message.kind === "response") this.#receiveResponse(result.message, nowMs);
    else this.#receiveRequest(result.message, source, nowMs);
  }

  /** A `send` effect of this transaction could not be carried out. */
  sendFailed(transaction: Transaction<Owner>, nowMs: number): void {
    this.#core.count("sendFailures");
    this.#core.transactions.sendFailed(transaction, nowMs);
  }

  /** A contact is bound or a dialog runs over this connection. */
  isFlowInUse(flow: string): boolean {
    if (this.#registrar.isFlowInUse(flow)) return true;
    for (const session of this.#core.dialogs.values()) if (session.dialog?.peer.flow === flow) return true;
    return false;
  }

  flowClosed(flow: string, nowMs: number): void {
    this.#registrar.flowClosed(flow);
    for (const session of this.#core.sessions.values()) {
      if (session.direction === "out") flowLost(this.#core, session, flow, nowMs);
    }
  }

  /** Answer to a `locate` effect: servers, best first; none: the name leads nowhere. */
  located(id: SessionId | ExchangeId, hops: readonly Hop[], nowMs: number): void {
    if (this.#exchanges.located(id, hops, nowMs)) return;
    const session = this.#core.sessions.get(id);
    if (session?.direction !== "out" || session.phase !== "pending") return;
    startAmong(this.#core, session, hops, nowMs);
  }

  invite(request: OutgoingInvite, nowMs: number): SessionId {
    const session = makeOutSession(this.#core, request, nowMs);
    startOut(this.#core, session, nowMs);
    return session.id;
  }

  progress(id: SessionId, answer: ProvisionalAnswer, nowMs: number): boolean {
    const session = this.#core.sessions.get(id);
    return session?.direction === "in" && sendProgress(this.#core, session, answer, nowMs);
  }

  accept(id: SessionId, answer: AcceptAnswer, nowMs: number): boolean {
    const session = this.#core.sessions.get(id);
    return session?.direction === "in" && accept(this.#core, session, answer, nowMs);
  }

  refuse(id: SessionId, answer: Omit<ProvisionalAnswer, "sdp" | "reliable">, nowMs: number): boolean {
    const session = this.#core.sessions.get(id);
    return session?.direction === "in" && refuse(this.#core, session, answer, nowMs);
  }

  cancel(id: SessionId, headers: readonly Header[], nowMs: number): boolean {
    const session = this.#core.sessions.get(id);
    return session?.direction === "out" && cancel(this.#core, session, headers, nowMs);
  }

  bye(id: SessionId, headers: readonly Header[], nowMs: number): boolean {
    const session = this.#core.sessions.get(id);
    return session !== undefined && bye(this.#core, session, headers, nowMs);
  }

  offer(id: SessionId, what: { sdp: string; by?: "INVITE" | "UPDATE" | undefined }, nowMs: number): boolean {
    const session = this.#core.sessions.get(id);
    const { sdp, by = "INVITE" } = what;
    return session !== undefined && offer(this.#core, session, { sdp, by }, nowMs);
  }

  answerOffer(id: SessionId, answer: { sdp: string } | { status: number; reason: string }, nowMs: number): boolean {
    const session = this.#core.sessions.get(id);
    return session !== undefined && answerOffer(this.#core, session, answer, nowMs);
  }

  info(id: SessionId, content: { contentType: string; body: string }, nowMs: number): boolean {
    const session = this.#core.sessions.get(id);
    return session !== undefined && sendInfo(this.#core, session, content, nowMs);
  }

  refer(id: SessionId, wanted: ReferRequest, nowMs: number): boolean {
    const session = this.#core.sessions.get(id);
    return session !== undefined && refer(this.#core, session, wanted, nowMs);
  }

  answerRefer(id: SessionId, answer: { status: number; reason?: string }, nowMs: number): boolean {
    const session = this.#core.sessions.get(id);
    return session !== undefined && answerRefer(this.#core, session, answer, nowMs);
  }

  notifyRefer(id: SessionId, told: { status: number; reason?: string; final: boolean }, nowMs: number): boolean {
    const session = this.#core.sessions.get(id);
    return session !== undefined && notifyRefer(this.#core, session, told, nowMs);
  }

  exchange(request: ExchangeRequest, nowMs: number): ExchangeId {
    return this.#exchanges.start(request, nowMs);
  }

  callIdOf(id: SessionId): string | undefined {
    return this.#core.sessions.get(id)?.callId;
  }

  bindings(username: string): readonly Binding[] {
    return this.#registrar.bindings(username);
  }

  forgetBindings(username: string): void {
    this.#registrar.forget(username);
  }

  count(name: string): void {
    this.#core.count(name);
  }

  counters(): Record<string, number> {
    const { transactions, sessions, liveSessions, dialogs, deadlines, counters } = this.#core;
    return {
      ...Object.fromEntries(counters),
      transactions: transactions.size,
      sessions: sessions.size,
      liveSessions,
      dialogs: dialogs.size,
      exchanges: this.#exchanges.size,
      deadlines: deadlines.size,
      repeatsReceived: transactions.repeatsReceived,
      retransmissions: transactions.repeatsSent,
    };
  }

  #receiveMalformed(result: ParseResult & { ok: false }, source: Hop): void {
    this.#core.count("malformed");
    const { status, answerable } = result;
    if (status === undefined || answerable === undefined) return;
    const envelope = readEnvelope(answerable);
    if (envelope === undefined) return;
    this.#core.refuseStatelessly(withSource(answerable, source), envelope, source, { status });
  }

  /** Without a Via or CSeq that can be read there is no transaction; the answer goes back where the request came from. */
  #refuseUnreadable(request: SipRequest, source: Hop): void {
    this.#core.count("malformed");
    const refused = this.#refusalOf(request);
    // §17.1.1.3: an ACK is never answered.
    if (refused === undefined || request.method === "ACK") return;
    const response = this.#core.makeReply(request, refused.status, { ...refused, toTag: statelessTag(request) });
    this.#core.send(serialise(response), source, headerOf(request, "call-id") ?? "");
  }

  #refusalOf(request: SipRequest): Refusal | undefined {
    const { extensions, timers } = this.#core;
    const refused = validateRequest(request, policyFor(request, extensions));
    if (refused !== undefined || (request.method !== "INVITE" && request.method !== "UPDATE")) return refused;
    // RFC 4028 §9.
    return isTooBrief(timers, request)
      ? refusal(422, undefined, [{ name: "Min-SE", value: String(MIN_SE_SECS) }])
      : undefined;
  }

  #receiveResponse(response: SipResponse, nowMs: number): void {
    const envelope = validateResponse(response) === undefined ? readEnvelope(response) : undefined;
    if (envelope === undefined) this.#core.count("malformed");
    else if (!this.#core.transactions.receiveResponse(response, envelope, nowMs)) this.#core.count("strayResponses");
  }

  #receiveRequest(raw: SipRequest, source: Hop, nowMs: number): void {
    const envelope = readEnvelope(raw);
    if (envelope === undefined) return this.#refuseUnreadable(raw, source);
    const arrival = this.#core.transactions.receiveRequest(raw, envelope, nowMs);
    if (arrival.type === "absorbed") return;
    // §18.2.1, RFC 3581 §4: our answers carry the address that we saw.
    const request = withSource(raw, source);
    const refusal = this.#refusalOf(request);
    if (refusal !== undefined) {
      this.#core.count("refusedRequests");
      return this.#core.refuseStatelessly(request, envelope, source, refusal);
    }
    // §8.2.2.2; and §16.3 for an INVITE of ours that came back.
    const isLoop = request.method === "INVITE" && envelope.toTag === "" && this.#core.isOwnCall(envelope);
    if (arrival.type === "merged" || isLoop) {
      return this.#core.refuseStatelessly(request, envelope, source, { status: 482 });
    }
    this.#route(request, envelope, source, nowMs);
  }

  #route(request: SipRequest, envelope: Envelope, source: Hop, nowMs: number): void {
    const came = { request, envelope, source };
    if (request.method === "CANCEL") receiveCancel(this.#core, request, { envelope, source }, nowMs);
    else if (envelope.toTag !== "" || request.method === "ACK") receiveInDialog(this.#core, came, nowMs);
    else admit(this.#door, came, nowMs);
  }

  #response(transaction: Transaction<Owner>, response: SipResponse, nowMs: number): void {
    const { owner } = transaction;
    if (owner.usage === "exchange") return this.#exchanges.receive(owner.exchange, response, nowMs);
    const session = this.#core.sessionOf(owner);
    if (session === undefined) return;
    receiveSessionResponse(this.#core, session, { transaction, response }, nowMs);
  }

  #failed(transaction: Transaction<Owner>, cause: "timeout" | "transport", nowMs: number): void {
    this.#core.count(cause === "timeout" ? "timeouts" : "transportErrors");
    const { owner } = transaction;
    if (owner.usage === "exchange") return this.#exchanges.failed(owner.exchange, cause, nowMs);
    const session = this.#core.sessionOf(owner);
    if (session === undefined) return;
    if (transaction.kind === "inviteServer") return this.#callerLost(transaction, session, nowMs);
    sessionRequestFailed(this.#core, session, { transaction, cause }, nowMs);
  }

  /** Our provisional could not be sent: for the callee's side the caller has gone. */
  #callerLost(transaction: Transaction<Owner>, session: Session, nowMs: number): void {
    if (session.direction !== "in" || session.transaction !== transaction || session.phase !== "pending") return;
    abortInvite(this.#core, session, nowMs);
    this.#core.emit({ type: "cancelled", session: session.id, cause: "transport", ...NO_REASONS });
  }

  #lateAck(transaction: Transaction<Owner>, ack: SipRequest, nowMs: number): void {
    const { owner } = transaction;
    const session = this.#core.sessionOf(owner);
    if (session !== undefined) receiveAck(this.#core, session, ack, nowMs);
  }

  #terminated(transaction: Transaction<Owner>): void {
    const { owner, kind } = transaction;
    if (kind === "inviteServer" || kind === "server") return;
    const session = this.#core.sessionOf(owner);
    if (session === undefined) return;
    if (session.direction === "out") session.late.delete(transaction);
    session.running--;
    this.#core.release(session);
  }

  #wake(wake: Wake, nowMs: number): void {
    if (wake.type === "transaction") return this.#core.transactions.fire(wake, nowMs);
    if (wake.type === "bindings") return this.#registrar.expire(wake.username, nowMs);
    if (wake.type === "exchange") return this.#exchanges.timedOut(wake.exchange, nowMs);
    const session = this.#core.sessions.get(wake.session);
    if (session === undefined) return;
    if (wake.type === "session") return ring(this.#core, session, wake.alarm, nowMs);
    if (repeat2xx(this.#core, session, wake.cseq, nowMs) !== undefined) {
      // §13.3.1.4, §14.2: a 2xx without ACK ends the dialog by BYE.
      endBroken(this.#core, session, "ackTimeout", nowMs);
    }
  }
}
