/**
 * User agents in virtual time over a link that delays and, by a seed, loses, doubles and reorders. No sockets: what an
 * agent sends is serialised text, what another receives is parsed from it.
 */
import { randomUint32, seededRandom } from "@voepy/base";
import { headerOf, type SipMessage, type SipRequest, type SipResponse } from "../src/message/message.ts";
import { parseMessage } from "../src/message/parse.ts";
import { serialise } from "../src/message/serialise.ts";
import type { Transaction } from "../src/transaction/transaction.ts";
import type { Limits } from "../src/ua/effects.ts";
import type { Owner } from "../src/ua/session.ts";
import type {
  OutgoingInvite,
  SessionTimers,
  SipAddress,
  SipEvent,
  TransportName,
  UserAgentHooks,
} from "../src/ua/types.ts";
import { UserAgent } from "../src/ua/user-agent.ts";

export interface Link {
  readonly delayMs: number;
  /** 0…1 each. */
  readonly loss: number;
  readonly duplication?: number;
  readonly reordering?: number;
  readonly seed: number;
}

interface Flying {
  readonly atMs: number;
  readonly bytes: Uint8Array;
  readonly from: SipAddress;
  readonly to: SipAddress;
}

export interface Sent {
  readonly atMs: number;
  readonly message: SipMessage;
  readonly to: SipAddress;
}

export interface AgentOptions {
  readonly hooks?: UserAgentHooks;
  readonly seed?: number;
  readonly limits?: Partial<Limits>;
  readonly sessionTimers?: SessionTimers;
}

/** What may stand at an address. */
export interface Station {
  receive(bytes: Uint8Array, from: SipAddress, nowMs: number): void;
  deadlineMs(): number | undefined;
  tick(nowMs: number): void;
}

export const SDP =
  "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n";

const trusting: UserAgentHooks = { screen: () => ({ type: "trust", label: "test" }), password: () => undefined };

export class Net {
  nowMs = 0;
  readonly #stations = new Map<string, Station>();
  #flying: Flying[] = [];
  readonly #link: Link;
  readonly #dice: () => number;
  /** Drops what it says true to, before the dice. */
  drop: (message: SipMessage, to: SipAddress) => boolean = () => false;

  constructor(link: Partial<Link> = {}) {
    this.#link = { delayMs: 10, loss: 0, seed: 1, ...link };
    const random = seededRandom(this.#link.seed);
    this.#dice = () => randomUint32(random) / 2 ** 32;
  }

  attach(address: string, station: Station): void {
    this.#stations.set(address, station);
  }

  agent(address: string, options: AgentOptions = {}): Agent {
    const agent = new Agent(this, address, options);
    this.attach(address, agent);
    return agent;
  }

  send(bytes: Uint8Array, from: SipAddress, to: SipAddress): void {
    const parsed = parseMessage(bytes, { stream: false });
    if (parsed.ok && this.drop(parsed.message, to)) return;
    if (this.#dice() < this.#link.loss) return;
    const late = this.#dice() < (this.#link.reordering ?? 0) ? this.#link.delayMs * 3 : 0;
    this.#flying.push({ atMs: this.nowMs + this.#link.delayMs + late, bytes, from, to });
    if (this.#dice() < (this.#link.duplication ?? 0)) {
      this.#flying.push({ atMs: this.nowMs + this.#link.delayMs + 1, bytes, from, to });
    }
  }

  /** Runs until nothing is due before `nowMs + forMs`. */
  run(forMs: number): void {
    const untilMs = this.nowMs + forMs;
    for (;;) {
      const nextMs = this.#nextMs();
      if (nextMs === undefined || nextMs > untilMs) break;
      this.nowMs = Math.max(this.nowMs, nextMs);
      this.#step();
    }
    this.nowMs = untilMs;
  }

  #nextMs(): number | undefined {
    let next: number | undefined;
    for (const { atMs } of this.#flying) next = Math.min(next ?? atMs, atMs);
    for (const station of this.#stations.values()) {
      const deadlineMs = station.deadlineMs();
      if (deadlineMs !== undefined) next = Math.min(next ?? deadlineMs, deadlineMs);
    }
    return next;
  }

  #step(): void {
    const due = this.#flying.filter(({ atMs }) => atMs <= this.nowMs);
    this.#flying = this.#flying.filter(({ atMs }) => atMs > this.nowMs);
    for (const { bytes, from, to } of due) this.#stations.get(to.address)?.receive(bytes, from, this.nowMs);
    for (const station of this.#stations.values()) {
      if ((station.deadlineMs() ?? Number.POSITIVE_INFINITY) <= this.nowMs) station.tick(this.nowMs);
    }
  }
}

/** A user agent at an address, port 5060, with all that it did on record. */
export class Agent implements Station {
  readonly ua: UserAgent;
  readonly here: SipAddress;
  readonly events: SipEvent[] = [];
  readonly sent: Sent[] = [];
  readonly received: SipMessage[] = [];
  /** Called for every event, after it was recorded. */
  on: (event: SipEvent) => void = () => undefined;
  readonly #net: Net;
  /** Sending to these addresses fails. */
  readonly unreachable = new Set<string>();

  constructor(net: Net, address: string, { hooks = trusting, seed = 1, limits, sessionTimers }: AgentOptions) {
    this.#net = net;
    this.here = { transport: "udp", address, port: 5060 };
    this.ua = new UserAgent({
      domain: "voepy.local",
      userAgentName: "test",
      digestAlgorithms: ["MD5"],
      hooks,
      random: seededRandom(seed * 7919 + Number(address.split(".").at(-1))),
      near: () => ({ address, port: 5060 }),
      limits,
      sessionTimers,
    });
  }

  receive(bytes: Uint8Array, from: SipAddress, nowMs: number): void {
    const result = parseMessage(bytes, { stream: false });
    if (result.ok) this.received.push(result.message);
    this.ua.receive(result, from, nowMs);
    this.flush();
  }

  deadlineMs(): number | undefined {
    return this.ua.deadlineMs();
  }

  tick(nowMs: number): void {
    this.ua.tick(nowMs);
    this.flush();
  }

  /** Runs a command and carries out its effects. */
  do<T>(command: (ua: UserAgent, nowMs: number) => T): T {
    const result = command(this.ua, this.#net.nowMs);
    this.flush();
    return result;
  }

  flush(): void {
    const failed: Transaction<Owner>[] = [];
    for (const effect of this.ua.drain()) {
      if (effect.type === "event") {
        this.events.push(effect.event);
        this.on(effect.event);
      } else if (effect.type === "send") {
        const parsed = parseMessage(effect.bytes, { stream: false });
        if (!parsed.ok) throw new Error(`we wrote what we cannot read: ${parsed.problem}`);
        this.sent.push({ atMs: this.#net.nowMs, message: parsed.message, to: effect.to });
        if (this.unreachable.has(effect.to.address)) {
          if (effect.transaction !== undefined) failed.push(effect.transaction);
        } else this.#net.send(effect.bytes, this.here, effect.to);
      }
    }
    if (failed.length === 0) return;
    for (const transaction of failed) this.ua.sendFailed(transaction, this.#net.nowMs);
    this.flush();
  }

  /** Calls the agent at that address. */
  call(to: string, more: Partial<OutgoingInvite> & { transport?: TransportName } = {}): string {
    return this.do((ua, nowMs) =>
      ua.invite(
        {
          target: { transport: more.transport ?? "udp", host: to, port: 5060 },
          requestUri: `sip:bob@${to}`,
          from: { uri: "sip:alice@voepy.local", displayName: "Alice" },
          to: { uri: `sip:bob@${to}`, displayName: "" },
          sdp: SDP,
          headers: [],
          ...more,
        },
        nowMs,
      ),
    );
  }

  /** Events of that type, in order. */
  of<T extends SipEvent["type"]>(type: T): (SipEvent & { type: T })[] {
    return this.events.filter((event): event is SipEvent & { type: T } => event.type === type);
  }

  /** Requests of that method that were sent, repeats included. */
  sentRequests(method: string): SipRequest[] {
    return this.sent
      .map(({ message }) => message)
      .filter((message): message is SipRequest => message.kind === "request" && message.method === method);
  }

  /** Statuses of the responses sent to requests of that method. */
  sentStatuses(method: string): number[] {
    return this.sent
      .map(({ message }) => message)
      .filter((message): message is SipResponse => message.kind === "response")
      .filter((message) => headerOf(message, "cseq")?.endsWith(` ${method}`) === true)
      .map(({ status }) => status);
  }
}

/** A far end made by hand: answers with text of the test's choosing. */
export class Puppet implements Station {
  readonly received: SipMessage[] = [];
  readonly here: SipAddress;
  readonly #net: Net;
  readonly #act: (message: SipMessage, puppet: Puppet, from: SipAddress) => void;

  constructor(
    net: Net,
    address: string,
    act: (message: SipMessage, puppet: Puppet, from: SipAddress) => void = () => undefined,
  ) {
    this.#net = net;
    this.#act = act;
    this.here = { transport: "udp", address, port: 5060 };
    net.attach(address, this);
  }

  receive(bytes: Uint8Array, from: SipAddress): void {
    const result = parseMessage(bytes, { stream: false });
    if (!result.ok) throw new Error(result.problem);
    this.received.push(result.message);
    this.#act(result.message, this, from);
  }

  deadlineMs(): undefined {
    return undefined;
  }

  tick(): void {
    // It has no timers.
  }

  send(message: SipMessage | string, to: SipAddress): void {
    const bytes = typeof message === "string" ? Buffer.from(message.replaceAll(/\r?\n/g, "\r\n")) : serialise(message);
    this.#net.send(bytes, this.here, to);
  }

  requests(method: string): SipRequest[] {
    return this.received.filter((m): m is SipRequest => m.kind === "request" && m.method === method);
  }

  responses(): SipResponse[] {
    return this.received.filter((m): m is SipResponse => m.kind === "response");
  }
}
