/**
 * REGISTER from a phone's own SIP socket (RFC 3261 §10.2), beside its endpoint: the phone's transport is wrapped, and
 * answers to REGISTER go here instead of to the endpoint, which would not know them.
 */
import { type Clock, type Random, randomHex, type Timer } from "@voepy/base";
import {
  headerOf,
  type OpenTransport,
  parseMessage,
  type SipRequest,
  type SipResponse,
  type SipTransport,
  serialise,
} from "@voepy/sip-stack";
import { digestAnswer } from "./digest-answer.ts";
import type { UdpAddress } from "./udp.ts";

/** T1 and 64 × T1 of RFC 3261 §17.1.2.2. */
const T1_MS = 500;
const T2_MS = 4000;
const GIVE_UP_MS = 64 * T1_MS;

export interface Registering {
  readonly server: UdpAddress;
  /** Domain of the address of record. */
  readonly domain: string;
  readonly username: string;
  readonly password: string;
  readonly contact: string;
  readonly expiresS: number;
}

/** The final answer; status 408 when there was none. */
export interface RegisterResult {
  readonly status: number;
  /** How often the server challenged. */
  readonly challenges: number;
  /** Contact header values of the answer. */
  readonly contacts: readonly string[];
}

export class Registrar {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #callId: string;
  #cseq = 0;
  #transport: SipTransport | undefined;
  #answered: ((response: SipResponse) => void) | undefined;

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
    this.#callId = randomHex(random, 10);
  }

  /** The same transport, with answers to REGISTER taken out. */
  wrap(open: OpenTransport): OpenTransport {
    return async (listener, sink) => {
      this.#transport = await open(listener, {
        ...sink,
        framed: (result, source) => sink.framed(result, source),
        flowClosed: (flow) => sink.flowClosed(flow),
        count: (name) => sink.count(name),
        received: (bytes, source) => {
          if (!this.#take(bytes)) sink.received(bytes, source);
        },
      });
      return this.#transport;
    };
  }

  /** Registers, or with `expiresS` 0 takes it back; answers at most two challenges. */
  async register(registering: Registering): Promise<RegisterResult> {
    let authorization: string | undefined;
    for (let challenges = 0; ; challenges++) {
      const response = await this.#exchange(this.#request(registering, authorization), registering.server);
      if (response === undefined) return { status: 408, challenges, contacts: [] };
      const challenge = headerOf(response, "www-authenticate");
      if (response.status === 401 && challenge !== undefined && challenges < 2) {
        authorization = digestAnswer(challenge, {
          method: "REGISTER",
          uri: `sip:${registering.domain}`,
          username: registering.username,
          password: registering.password,
          cnonce: randomHex(this.#random, 8),
        });
        if (authorization !== undefined) continue;
      }
      const contacts = response.headers.filter(({ name }) => /^(contact|m)$/i.test(name)).map(({ value }) => value);
      return { status: response.status, challenges, contacts };
    }
  }

  #request(registering: Registering, authorization: string | undefined): SipRequest {
    const aor = `sip:${registering.username}@${registering.domain}`;
    const local = registering.contact.replace(/^sip:[^@]*@/, "");
    const headers = [
      { name: "Via", value: `SIP/2.0/UDP ${local};branch=z9hG4bK${randomHex(this.#random, 8)};rport` },
      { name: "Max-Forwards", value: "70" },
      { name: "From", value: `<${aor}>;tag=${randomHex(this.#random, 6)}` },
      { name: "To", value: `<${aor}>` },
      { name: "Call-ID", value: this.#callId },
      { name: "CSeq", value: `${++this.#cseq} REGISTER` },
      { name: "Contact", value: `<${registering.contact}>` },
      { name: "Expires", value: String(registering.expiresS) },
    ];
    if (authorization !== undefined) headers.push({ name: "Authorization", value: authorization });
    const requestUri = `sip:${registering.domain}`;
    return { kind: "request", method: "REGISTER", requestUri, headers, body: new Uint8Array(0) };
  }

  /** A non-INVITE client transaction: sent again after T1, 2 T1, … T2 until there is a final answer. */
  #exchange(request: SipRequest, server: UdpAddress): Promise<SipResponse | undefined> {
    const bytes = serialise(request);
    const startMs = this.#clock.nowMs();
    return new Promise((resolve) => {
      let timer: Timer;
      const finish = (response: SipResponse | undefined): void => {
        timer.cancel();
        this.#answered = undefined;
        resolve(response);
      };
      const send = (waitMs: number): void => {
        this.#transport?.send(bytes, { transport: "udp", ...server }, () => undefined);
        timer = this.#clock.schedule(this.#clock.nowMs() + waitMs, () => {
          if (this.#clock.nowMs() - startMs >= GIVE_UP_MS) finish(undefined);
          else send(Math.min(2 * waitMs, T2_MS));
        });
      };
      this.#answered = (response) => {
        if (response.status >= 200 && headerOf(response, "cseq") === headerOf(request, "cseq")) finish(response);
      };
      send(T1_MS);
    });
  }

  #take(bytes: Uint8Array): boolean {
    const result = parseMessage(bytes, { stream: false });
    if (!result.ok || result.message.kind !== "response") return false;
    if (headerOf(result.message, "call-id") !== this.#callId) return false;
    this.#answered?.(result.message);
    return true;
  }
}
