/**
 * Gives the user agent its surroundings: sockets, one timer on the clock, host names. Nothing of SIP is decided here.
 */

import { CodedError, messageOf, type Timer } from "@voepy/base";
import type { ParseResult } from "../message/message.ts";
import { headerOf } from "../message/message.ts";
import { parseMessage } from "../message/parse.ts";
import { serialise } from "../message/serialise.ts";
import type { Effect } from "../ua/effects.ts";
import { type Hop, hopText } from "../ua/hop.ts";
import type { Listener, SipEvent, TransportName } from "../ua/types.ts";
import { UserAgent } from "../ua/user-agent.ts";
import { systemDns } from "./dns.ts";
import { cachedDns } from "./dns-cache.ts";
import { Lines } from "./lines.ts";
import { Locator } from "./locate.ts";
import type { MakeSipEndpoint, RunningSipEndpoint, SipEndpointOptions } from "./options.ts";
import { realTransports } from "./real-transports.ts";
import type { TransportSink } from "./transport.ts";

export const makeSipEndpoint: MakeSipEndpoint = async (options) => {
  const driver = new Driver(options);
  try {
    await driver.open();
  } catch (thrown) {
    await driver.close();
    throw thrown;
  }
  return endpointOf(driver);
};

class Driver {
  readonly agent: UserAgent;
  readonly options: SipEndpointOptions;
  readonly #lines = new Lines();
  readonly #locator: Locator;
  #timer: Timer | undefined;
  #timerAtMs = Number.POSITIVE_INFINITY;
  #events: SipEvent[] = [];
  #isDelivering = false;
  #isClosed = false;

  constructor(options: SipEndpointOptions) {
    this.options = options;
    this.#locator = new Locator({
      dns: cachedDns(options.dns ?? systemDns(), options.clock),
      clock: options.clock,
      random: options.random,
      canReach: (transport, family) => this.#lines.canReach(transport, family),
    });
    this.agent = new UserAgent({
      domain: options.domain,
      userAgentName: options.userAgentName,
      digestAlgorithms: options.digestAlgorithms ?? ["MD5"],
      sessionTimers: options.sessionTimers,
      hooks: options.hooks,
      random: options.random,
      near: (hop) => this.near(hop),
    });
  }

  async open(): Promise<void> {
    const open = this.options.transports ?? realTransports(this.options);
    for (const listener of this.options.listeners) {
      this.#lines.add(await open(listener, this.#sink(this.#lines.all.length)), listener);
    }
    if (this.#lines.all.length === 0) throw new CodedError("internal_error", "SIP needs at least one listener");
  }

  nowMs(): number {
    return this.options.clock.nowMs();
  }

  listeners(): readonly Listener[] {
    return this.#lines.all.map((line) => line.listener);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#events = [];
    await Promise.all(this.#lines.all.map((line) => line.transport.close()));
  }

  near(hop: Hop): { address: string; port: number } {
    return this.#lines.near(hop, this.nowMs());
  }

  /** Runs a command or an input, then carries out what it led to. Events of commands wait for its end. */
  run<T>(act: (agent: UserAgent, nowMs: number) => T): T {
    const result = act(this.agent, this.nowMs());
    for (const effect of this.agent.drain()) this.#carryOut(effect);
    this.#arm();
    if (this.#events.length > 0 && !this.#isDelivering) queueMicrotask(() => this.#deliver());
    return result;
  }

  #sink(index: number): TransportSink {
    return {
      received: (bytes, source) => {
        if (this.#isClosed) return;
        const result = parseMessage(bytes, { stream: false });
        this.#receive(result, { flow: this.#lines.flowOf(index), ...source, listener: index }, bytes);
      },
      framed: (result, source) => {
        if (!this.#isClosed) this.#receive(result, { ...source, listener: index }, undefined);
      },
      flowClosed: (flow) => {
        if (!this.#isClosed) this.run((agent, nowMs) => agent.flowClosed(flow, nowMs));
      },
      isFlowInUse: (flow) => this.agent.isFlowInUse(flow),
      count: (name) => this.agent.count(name),
    };
  }

  #receive(result: ParseResult, source: Hop, bytes: Uint8Array | undefined): void {
    this.#traceReceived(source, result, bytes);
    if (!result.ok)
      this.options.log.debug("malformed SIP message", { source: hopText(source), problem: result.problem });
    this.run((agent, nowMs) => agent.receive(result, source, nowMs));
    this.#deliver();
  }

  #traceReceived(peer: Hop, result: ParseResult, bytes: Uint8Array | undefined): void {
    const { trace, clock } = this.options;
    if (trace === undefined) return;
    const message = result.ok ? result.message : result.answerable;
    const callId = message === undefined ? "" : (headerOf(message, "call-id") ?? "");
    const text = bytes ?? (message === undefined ? new Uint8Array(0) : serialise(message));
    trace({ direction: "received", peer, local: this.near(peer), callId, wallMs: clock.wallMs(), bytes: text });
  }

  #carryOut(effect: Effect): void {
    if (effect.type === "event") this.#events.push(effect.event);
    else if (effect.type === "send") this.#send(effect);
    else if (effect.type === "locate") this.#locate(effect);
    else this.#locator.avoid(effect.hop, effect.forMs);
  }

  #send({ bytes, to, callId, transaction }: Effect & { type: "send" }): void {
    const line = this.#lines.towards(to, this.nowMs());
    const failed = (problem: string): void => {
      this.options.log.debug("SIP message not sent", { to: hopText(to), problem, call_id: callId });
      if (transaction !== undefined && !this.#isClosed) {
        this.run((agent, nowMs) => agent.sendFailed(transaction, nowMs));
      }
    };
    if (line === undefined) {
      queueMicrotask(() => failed(`no ${to.transport} listener of that address family`));
      return;
    }
    const { trace, clock } = this.options;
    trace?.({ direction: "sent", peer: to, local: this.near(to), callId, wallMs: clock.wallMs(), bytes });
    try {
      line.transport.send(bytes, to, failed);
    } catch (thrown) {
      // Peers choose ports and addresses (a Via may name port 0, which Node refuses by throwing): none may end the process.
      queueMicrotask(() => failed(messageOf(thrown)));
    }
  }

  #locate({ id, target }: Effect & { type: "locate" }): void {
    this.#locator.locate(target).then(
      (hops) => {
        if (!this.#isClosed) this.run((agent, nowMs) => agent.located(id, hops, nowMs));
      },
      (thrown: unknown) => this.options.log.error("location failed", { host: target.host, why: messageOf(thrown) }),
    );
  }

  #arm(): void {
    const atMs = this.agent.deadlineMs() ?? Number.POSITIVE_INFINITY;
    // A timer that rings too early only looks and arms again: cheaper than re-arming for every message.
    if (this.#isClosed || atMs >= this.#timerAtMs) return;
    this.#timer?.cancel();
    this.#timerAtMs = atMs;
    this.#timer = this.options.clock.schedule(atMs, () => {
      this.#timerAtMs = Number.POSITIVE_INFINITY;
      this.run((agent, nowMs) => agent.tick(nowMs));
      this.#deliver();
    });
  }

  #deliver(): void {
    if (this.#isDelivering) return;
    this.#isDelivering = true;
    // Commands given by the receiver of an event add to the queue; they are delivered after it has returned.
    for (let event = this.#events.shift(); event !== undefined; event = this.#events.shift()) {
      if (this.#isClosed) break;
      this.#hand(event);
    }
    this.#isDelivering = false;
  }

  /** A receiver that throws has lost one event; SIP goes on. */
  #hand(event: SipEvent): void {
    try {
      this.options.onEvent(event);
    } catch (thrown) {
      this.options.log.error("the receiver of a SIP event threw", { event: event.type, error: thrown });
    }
  }
}

function endpointOf(driver: Driver): RunningSipEndpoint {
  return {
    invite: (request) => driver.run((agent, nowMs) => agent.invite(request, nowMs)),
    progress: (session, answer) => driver.run((agent, nowMs) => agent.progress(session, answer, nowMs)),
    accept: (session, answer) => driver.run((agent, nowMs) => agent.accept(session, answer, nowMs)),
    refuse: (session, answer) => driver.run((agent, nowMs) => agent.refuse(session, answer, nowMs)),
    cancel: (session, why) => driver.run((agent, nowMs) => agent.cancel(session, why?.headers ?? [], nowMs)),
    bye: (session, why) => driver.run((agent, nowMs) => agent.bye(session, why?.headers ?? [], nowMs)),
    offer: (session, sdp, by) => driver.run((agent, nowMs) => agent.offer(session, { sdp, by }, nowMs)),
    answerOffer: (session, answer) => driver.run((agent, nowMs) => agent.answerOffer(session, answer, nowMs)),
    refer: (session, what) => driver.run((agent, nowMs) => agent.refer(session, what, nowMs)),
    answerRefer: (session, answer) => driver.run((agent, nowMs) => agent.answerRefer(session, answer, nowMs)),
    notifyRefer: (session, state) => driver.run((agent, nowMs) => agent.notifyRefer(session, state, nowMs)),
    info: (session, body) => driver.run((agent, nowMs) => agent.info(session, body, nowMs)),
    ping: (ping) => driver.run((agent, nowMs) => agent.exchange({ type: "ping", ...ping }, nowMs)),
    register: (request) => driver.run((agent, nowMs) => agent.exchange({ type: "register", ...request }, nowMs)),
    callIdOf: (session) => driver.agent.callIdOf(session),
    bindings: (username) => driver.agent.bindings(username),
    forgetBindings: (username) => driver.run((agent) => agent.forgetBindings(username)),
    localAddress: (transport: TransportName, host: string) => driver.near({ transport, address: host, port: 0 }),
    counters: () => driver.agent.counters(),
    listeners: () => driver.listeners(),
    close: () => driver.close(),
  };
}
