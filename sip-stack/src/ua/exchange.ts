/**
 * Requests of ours outside of any call: OPTIONS that ask whether a peer is there, REGISTER. One request and its final
 * answer; a challenge is answered once with the credentials given for this target (RFC 3261 §22.2).
 */
import { answerChallenge, noTries } from "../digest/client.ts";
import { isIpv4, isIpv6 } from "../message/ip.ts";
import type { SipRequest, SipResponse } from "../message/message.ts";
import type { Transaction } from "../transaction/transaction.ts";
import type { Core } from "./core.ts";
import type { Deadline } from "./deadlines.ts";
import { defaultPort, type Hop } from "./hop.ts";
import { makeOptions, pinged } from "./options-out.ts";
import { makeRegister, registered } from "./register-out.ts";
import type { Owner, Wake } from "./session.ts";
import type { ExchangeId, OutgoingPing, OutgoingRegister, SipEvent } from "./types.ts";

export type ExchangeRequest =
  | ({ readonly type: "ping" } & OutgoingPing)
  | ({ readonly type: "register" } & OutgoingRegister);

/** How it ended; `response` is there for cause `response` only. */
export interface ExchangeEnd {
  readonly cause: "response" | "timeout" | "transport";
  readonly response: SipResponse | undefined;
  /** Literal address it was sent to; undefined: the name did not resolve. */
  readonly address: string | undefined;
  readonly roundTripMs: number;
  /** Of the last request sent. */
  readonly cseq: number;
}

interface Exchange {
  readonly id: ExchangeId;
  readonly wanted: ExchangeRequest;
  readonly deadline: Deadline<Wake>;
  hop: Hop | undefined;
  transaction: Transaction<Owner> | undefined;
  cseq: number;
  sentMs: number;
  hasCredentials: boolean;
}

/** What one request has at most, ms: less than timer F, so that whoever waits can go on. */
const DEFAULT_TIMEOUT_MS = 8_000;

export class Exchanges {
  readonly #core: Core;
  readonly #running = new Map<ExchangeId, Exchange>();

  constructor(core: Core) {
    this.#core = core;
  }

  get size(): number {
    return this.#running.size;
  }

  start(wanted: ExchangeRequest, nowMs: number): ExchangeId {
    const id = this.#core.token();
    const deadline = this.#core.deadlines.arm(nowMs + (wanted.timeoutMs ?? DEFAULT_TIMEOUT_MS), {
      type: "exchange",
      exchange: id,
    });
    const cseq = wanted.type === "register" ? wanted.cseq : 1;
    const exchange: Exchange = {
      id,
      wanted,
      deadline,
      hop: undefined,
      transaction: undefined,
      cseq,
      sentMs: nowMs,
      hasCredentials: false,
    };
    this.#running.set(id, exchange);
    const { transport, host, port } = wanted.target;
    const address = host.startsWith("[") ? host.slice(1, -1) : host;
    if (isIpv4(address) || isIpv6(address)) {
      this.#send(exchange, { transport, address, port: port ?? defaultPort(transport) }, nowMs);
    } else this.#core.locate(id, { host: address, port, transport, isSecure: transport === "tls", sizeBytes: 0 });
    return id;
  }

  /** Answer to a `locate` effect. False: the id is of something else. */
  located(id: string, [hop]: readonly Hop[], nowMs: number): boolean {
    const exchange = this.#running.get(id);
    if (exchange === undefined) return false;
    if (hop === undefined) this.#end(exchange, "transport", undefined, nowMs);
    else if (exchange.hop === undefined) this.#send(exchange, hop, nowMs);
    return true;
  }

  receive(id: ExchangeId, response: SipResponse, nowMs: number): void {
    const exchange = this.#running.get(id);
    if (exchange === undefined || response.status < 200) return;
    if (!this.#sendWithCredentials(exchange, response, nowMs)) this.#end(exchange, "response", response, nowMs);
  }

  failed(id: ExchangeId, cause: "timeout" | "transport", nowMs: number): void {
    const exchange = this.#running.get(id);
    if (exchange !== undefined) this.#end(exchange, cause, undefined, nowMs);
  }

  timedOut(id: ExchangeId, nowMs: number): void {
    const exchange = this.#running.get(id);
    if (exchange === undefined) return;
    this.#end(exchange, "timeout", undefined, nowMs);
    if (exchange.transaction !== undefined) this.#core.transactions.abandon(exchange.transaction);
  }

  #send(exchange: Exchange, hop: Hop, nowMs: number): void {
    const { via, branch } = this.#core.makeVia(hop);
    exchange.hop = hop;
    const sent = { via, cseq: exchange.cseq, hop };
    const { wanted } = exchange;
    const request =
      wanted.type === "ping" ? makeOptions(this.#core, wanted, sent) : makeRegister(this.#core, wanted, sent);
    this.#start(exchange, { request, branch }, nowMs);
  }

  #start(exchange: Exchange, { request, branch }: { request: SipRequest; branch: string }, nowMs: number): void {
    if (exchange.hop === undefined) return;
    const owner: Owner = { usage: "exchange", exchange: exchange.id };
    exchange.sentMs = nowMs;
    exchange.transaction = this.#core.transactions.startClient(request, branch, { peer: exchange.hop, owner }, nowMs);
  }

  /** False: the answer stands. */
  #sendWithCredentials(exchange: Exchange, response: SipResponse, nowMs: number): boolean {
    const { wanted, transaction, hop, hasCredentials } = exchange;
    if (response.status !== 401 && response.status !== 407) return false;
    if (wanted.credentials === undefined || transaction === undefined || hop === undefined || hasCredentials)
      return false;
    const { random } = this.#core.options;
    const { via, branch } = this.#core.makeVia(hop);
    exchange.cseq += 1;
    // The transaction has let go of the headers of its request: it is written anew.
    const sent = { via, cseq: exchange.cseq, hop };
    const again =
      wanted.type === "ping" ? makeOptions(this.#core, wanted, sent) : makeRegister(this.#core, wanted, sent);
    const answered = answerChallenge(again, response, { credentials: wanted.credentials, tries: noTries, random });
    if (answered === undefined) return false;
    exchange.hasCredentials = true;
    this.#start(exchange, { request: answered.request, branch }, nowMs);
    return true;
  }

  #end(exchange: Exchange, cause: ExchangeEnd["cause"], response: SipResponse | undefined, nowMs: number): void {
    this.#running.delete(exchange.id);
    this.#core.deadlines.cancel(exchange.deadline);
    const { hop, sentMs, cseq, wanted, id } = exchange;
    const end: ExchangeEnd = { cause, response, address: hop?.address, roundTripMs: nowMs - sentMs, cseq };
    const event: SipEvent = wanted.type === "ping" ? pinged(id, end) : registered(id, wanted, end);
    this.#core.emit(event);
  }
}
