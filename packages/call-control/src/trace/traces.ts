/**
 * The SIP messages of calls, kept in memory for a while after the calls are over. Messages are kept by Call-ID from the
 * first byte on, and a call names its Call-IDs when it comes into being: so an INVITE that was challenged first, a forked
 * one and one that a gateway refused are all found. Nothing is parsed before somebody looks.
 */
import type { SipAddress, TracedMessage } from "@voepy/sip-stack";

export interface TraceLimits {
  /** All messages together, their own size and a flat rate for each. */
  readonly totalBytes: number;
  /** Calls that are over. The one that ended first is forgotten first. */
  readonly endedCalls: number;
  /** Messages of one Call-ID: the first 32 (how it was set up) and the newest. */
  readonly messagesPerCallId: number;
  /** Call-IDs that belong to no call: registrations, OPTIONS, and INVITEs that no call came of (yet). */
  readonly looseCallIds: number;
  /** All of these together: what strangers send must not push out calls. */
  readonly looseBytes: number;
  /** Messages of such a Call-ID; the newest are kept. */
  readonly messagesPerLooseCallId: number;
  /** Kept of one message. */
  readonly messageBytes: number;
}

export const TRACE_LIMITS: TraceLimits = {
  totalBytes: 64 * 1024 * 1024,
  endedCalls: 1000,
  messagesPerCallId: 256,
  looseCallIds: 2000,
  looseBytes: 8 * 1024 * 1024,
  messagesPerLooseCallId: 16,
  messageBytes: 16 * 1024,
};

/** Never dropped from a Call-ID of a call: what went wrong later is mostly in here. */
const FIRST_MESSAGES = 32;
/** What a message costs beside its text. */
const BYTES_PER_MESSAGE = 256;

export interface KeptMessage {
  readonly direction: TracedMessage["direction"];
  readonly peer: SipAddress;
  readonly local: TracedMessage["local"];
  readonly sipCallId: string;
  readonly wallMs: number;
  /** One character a byte (latin1), not masked. Shorter than `sizeBytes` where the message was cut. */
  readonly text: string;
  readonly sizeBytes: number;
  /** Counts over all messages: the order they went by. */
  readonly order: number;
}

export interface LegMessage extends KeptMessage {
  readonly legId: string;
}

export interface CallTrace {
  /** In the order they went by. */
  readonly messages: readonly LegMessage[];
  /** Messages that were forgotten, so that one call cannot fill the memory. */
  readonly dropped: number;
}

/** Everything of one Call-ID. */
interface Exchange {
  readonly sipCallId: string;
  readonly messages: KeptMessage[];
  sizeBytes: number;
  dropped: number;
  /** Calls it belongs to; 0: loose. Two when a call of ours comes back to us. */
  calls: number;
}

/** Legs by the Call-IDs they had. */
type CallLegs = Map<Exchange, string>;

export class Traces {
  readonly #limits: TraceLimits;
  readonly #exchanges = new Map<string, Exchange>();
  /** In the order of their first message. */
  readonly #loose = new Map<string, Exchange>();
  readonly #live = new Map<string, CallLegs>();
  /** In the order they ended. */
  readonly #ended = new Map<string, CallLegs>();
  #totalBytes = 0;
  #looseBytes = 0;
  #order = 0;

  constructor(limits: Partial<TraceLimits> = {}) {
    this.#limits = { ...TRACE_LIMITS, ...limits };
  }

  /** One message as it went by. What has no Call-ID cannot be of a call. */
  add({ direction, peer, local, callId, wallMs, bytes }: TracedMessage): void {
    if (callId === "") return;
    let exchange = this.#exchanges.get(callId);
    if (exchange === undefined) {
      exchange = this.#begin(callId);
      this.#loose.set(exchange.sipCallId, exchange);
    }
    const { sipCallId } = exchange;
    const text = latin1Of(bytes, this.#limits.messageBytes);
    const order = ++this.#order;
    exchange.messages.push({ direction, peer, local, sipCallId, wallMs, text, sizeBytes: bytes.length, order });
    this.#grow(exchange, text.length + BYTES_PER_MESSAGE + (exchange.messages.length === 1 ? sipCallId.length : 0));
    this.#shorten(exchange);
    this.#forget();
  }

  /** A call begins; nothing of it may have been sent yet. */
  open(callId: string): void {
    this.#live.set(callId, new Map());
  }

  /** From now on, and for what was kept already: this Call-ID is of that leg. */
  bind(callId: string, sipCallId: string, legId: string): void {
    const legs = this.#legsOf(callId);
    if (legs === undefined) return;
    const exchange = this.#exchanges.get(sipCallId) ?? this.#begin(sipCallId);
    if (this.#loose.delete(sipCallId)) this.#looseBytes -= exchange.sizeBytes;
    if (!legs.has(exchange)) exchange.calls += 1;
    legs.set(exchange, legId);
  }

  /** The call is over: kept until others push it out. Its last messages (BYE, ACK) may still come. */
  end(callId: string): void {
    const legs = this.#live.get(callId);
    if (legs === undefined) return;
    this.#live.delete(callId);
    this.#ended.set(callId, legs);
    this.#forget();
  }

  /** undefined: never known here, or forgotten. */
  ofCall(callId: string): CallTrace | undefined {
    const legs = this.#legsOf(callId);
    if (legs === undefined) return undefined;
    const messages = [...legs].flatMap(([exchange, legId]) =>
      exchange.messages.map((message) => ({ ...message, legId })),
    );
    messages.sort((a, b) => a.order - b.order);
    return { messages, dropped: [...legs.keys()].reduce((sum, { dropped }) => sum + dropped, 0) };
  }

  /** For the metrics. */
  counters(): Readonly<Record<string, number>> {
    return { calls: this.#live.size + this.#ended.size, call_ids: this.#exchanges.size, bytes: this.#totalBytes };
  }

  #begin(callId: string): Exchange {
    // A copy: a part of a text keeps the whole of it in memory.
    const sipCallId = Buffer.from(callId).toString();
    const exchange = { sipCallId, messages: [], sizeBytes: 0, dropped: 0, calls: 0 };
    this.#exchanges.set(sipCallId, exchange);
    return exchange;
  }

  #legsOf(callId: string): CallLegs | undefined {
    return this.#live.get(callId) ?? this.#ended.get(callId);
  }

  #grow(exchange: Exchange, bytes: number): void {
    exchange.sizeBytes += bytes;
    this.#totalBytes += bytes;
    if (this.#loose.has(exchange.sipCallId)) this.#looseBytes += bytes;
  }

  #shorten(exchange: Exchange): void {
    const isLoose = exchange.calls === 0;
    const { messagesPerCallId, messagesPerLooseCallId } = this.#limits;
    if (exchange.messages.length <= (isLoose ? messagesPerLooseCallId : messagesPerCallId)) return;
    const [gone] = exchange.messages.splice(isLoose ? 0 : Math.min(FIRST_MESSAGES, messagesPerCallId - 1), 1);
    exchange.dropped += 1;
    if (gone !== undefined) this.#grow(exchange, -(gone.text.length + BYTES_PER_MESSAGE));
  }

  /** Oldest first: loose ones beyond their number, calls that are over, and only then calls that are up. */
  #forget(): void {
    const { looseCallIds, looseBytes, endedCalls, totalBytes } = this.#limits;
    while (this.#loose.size > looseCallIds || (this.#looseBytes > looseBytes && this.#loose.size > 1))
      this.#forgetLoose();
    while (this.#ended.size > endedCalls) this.#forgetCall(this.#ended);
    while (this.#totalBytes > totalBytes) {
      if (this.#ended.size > 0) this.#forgetCall(this.#ended);
      else if (this.#loose.size > 1) this.#forgetLoose();
      else if (this.#live.size > 0) this.#forgetCall(this.#live);
      else return;
    }
  }

  #forgetLoose(): void {
    const [oldest] = this.#loose.values();
    if (oldest !== undefined) this.#drop(oldest);
  }

  #forgetCall(calls: Map<string, CallLegs>): void {
    const [oldest] = calls;
    if (oldest === undefined) return;
    const [callId, legs] = oldest;
    calls.delete(callId);
    for (const exchange of legs.keys()) {
      exchange.calls -= 1;
      if (exchange.calls === 0) this.#drop(exchange);
    }
  }

  #drop(exchange: Exchange): void {
    this.#exchanges.delete(exchange.sipCallId);
    if (this.#loose.delete(exchange.sipCallId)) this.#looseBytes -= exchange.sizeBytes;
    this.#totalBytes -= exchange.sizeBytes;
  }
}

/** A string, because many small strings cost the collector less than as many buffers. */
function latin1Of(bytes: Uint8Array, most: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, most)).toString("latin1");
}
