/**
 * A SIP phone for tests: the stack's own endpoint and an RTP peer on an emulated host or on real loopback. It does
 * what it is told; left alone it rings.
 */
import { type Clock, type Random, randomUint32, silentLog } from "@voepy/base";
import {
  type Header,
  makeOffer,
  makeSipEndpoint,
  type RunningSipEndpoint,
  type SipEvent,
  type TracedMessage,
} from "@voepy/sip-stack";
import type { G711 } from "./g711.ts";
import { PhoneCall, type PhoneLine } from "./phone-call.ts";
import { type RegisterResult, Registrar } from "./registration.ts";
import { RtpPeer } from "./rtp-peer.ts";
import { sipOverUdp } from "./sip-over-udp.ts";
import type { UdpAddress, UdpNetwork } from "./udp.ts";

export interface PhoneOptions {
  /** An emulated host, or `loopbackUdp`. */
  readonly network: UdpNetwork;
  /** Address of it the phone lives at. Default 127.0.0.1. */
  readonly address?: string | undefined;
  /** SIP port; default any. */
  readonly port?: number | undefined;
  readonly clock: Clock;
  readonly random: Random;
  /** User part of its address of record, and of digest. */
  readonly username: string;
  readonly password?: string | undefined;
  /** The server it registers with and calls through. */
  readonly server: UdpAddress;
  /** Host part of its address of record. Default: the server's address. */
  readonly domain?: string | undefined;
  /** Default PCMU and PCMA. */
  readonly codecs?: readonly G711[] | undefined;
  readonly ptimeMs?: number | undefined;
  /** What it says as soon as it may send. Default: silence packets. */
  readonly toneHz?: number | undefined;
  /** Called for every call that comes in. Default: `call.ring()`. */
  readonly onCall?: ((call: PhoneCall) => void) | undefined;
  readonly trace?: ((message: TracedMessage) => void) | undefined;
}

export class Phone {
  /** All calls, oldest first, both ways. */
  readonly calls: PhoneCall[] = [];
  readonly #options: PhoneOptions;
  readonly #registrar: Registrar;
  /** What happens to a call while its RTP socket is being opened. */
  readonly #early = new Map<string, SipEvent[]>();
  #sip: RunningSipEndpoint | undefined;

  private constructor(options: PhoneOptions) {
    this.#options = options;
    this.#registrar = new Registrar(options.clock, options.random);
  }

  static async open(options: PhoneOptions): Promise<Phone> {
    const phone = new Phone(options);
    phone.#sip = await makeSipEndpoint({
      listeners: [{ transport: "udp", host: phone.address, port: options.port ?? 0 }],
      transports: phone.#registrar.wrap(sipOverUdp(options.network)),
      domain: phone.domain,
      userAgentName: "voepy test phone",
      clock: options.clock,
      random: options.random,
      log: silentLog,
      hooks: { screen: () => ({ type: "trust", label: "server" }), password: () => undefined },
      onEvent: (event) => phone.#handle(event),
      trace: options.trace,
    });
    return phone;
  }

  get address(): string {
    return this.#options.address ?? "127.0.0.1";
  }

  get domain(): string {
    return this.#options.domain ?? this.#options.server.address;
  }

  /** Its SIP port. */
  get port(): number {
    return this.sip.listeners()[0]!.port;
  }

  get sip(): RunningSipEndpoint {
    return this.#sip!;
  }

  /** Where it can be called without a registrar. */
  get contact(): string {
    return `sip:${this.#options.username}@${this.address}:${this.port}`;
  }

  /** The call that came or was placed last. */
  get call(): PhoneCall | undefined {
    return this.calls.at(-1);
  }

  /** `expiresS` 0 takes the registration back. */
  register(expiresS = 3600): Promise<RegisterResult> {
    return this.#registrar.register({
      server: this.#options.server,
      domain: this.domain,
      username: this.#options.username,
      password: this.#options.password ?? "",
      contact: this.contact,
      expiresS,
    });
  }

  /** Calls a number or user at its server. Resolves when the INVITE is on its way. */
  async dial(
    user: string,
    options: { headers?: readonly Header[]; firstResponseMs?: number } = {},
  ): Promise<PhoneCall> {
    const media = await this.#openMedia();
    const line = this.#line();
    const { server, username, password, codecs, ptimeMs } = this.#options;
    const sdp = makeOffer({
      codecs: codecs ?? ["PCMU", "PCMA"],
      address: this.address,
      udpPort: media.local.port,
      direction: "sendrecv",
      ptimeMs: ptimeMs ?? 20,
      telephoneEvent: true,
      sessionId: line.sdpSessionId,
      sessionVersion: 0,
    });
    const requestUri = `sip:${user}@${server.address}:${server.port}`;
    const from = { uri: `sip:${username}@${this.domain}`, displayName: "" };
    const to = { uri: `sip:${user}@${this.domain}`, displayName: "" };
    const session = this.sip.invite({
      target: { transport: "udp", host: server.address, port: server.port },
      requestUri,
      from,
      to,
      sdp,
      headers: options.headers ?? [],
      credentials: password === undefined ? undefined : { username, password },
      firstResponseMs: options.firstResponseMs,
    });
    const call = new PhoneCall(line, media, { session, state: "calling", requestUri, from, to, sdp });
    this.calls.push(call);
    return call;
  }

  async close(): Promise<void> {
    for (const call of this.calls) call.media.close();
    await this.sip.close();
  }

  #handle(event: SipEvent): void {
    if (event.type === "bindings" || event.type === "pinged" || event.type === "registered") return;
    if (event.type === "invite") {
      void this.#takeCall(event);
      return;
    }
    const early = this.#early.get(event.session);
    if (early !== undefined) early.push(event);
    else this.calls.find((call) => call.session === event.session)?.handle(event);
  }

  async #takeCall(event: SipEvent & { type: "invite" }): Promise<void> {
    const early: SipEvent[] = [];
    this.#early.set(event.session, early);
    const call = new PhoneCall(this.#line(), await this.#openMedia(), { ...event, state: "incoming" });
    this.#early.delete(event.session);
    this.calls.push(call);
    for (const missed of early) call.handle(missed);
    if (call.isOver) return;
    if (this.#options.onCall === undefined) call.ring();
    else this.#options.onCall(call);
  }

  #openMedia(): Promise<RtpPeer> {
    const { network, clock, random, ptimeMs } = this.#options;
    return RtpPeer.open({ network, clock, random, ptimeMs, address: this.address });
  }

  #line(): PhoneLine {
    return {
      sip: this.sip,
      codecs: this.#options.codecs ?? ["PCMU", "PCMA"],
      ptimeMs: this.#options.ptimeMs ?? 20,
      mediaAddress: this.address,
      sdpSessionId: String(randomUint32(this.#options.random)),
      toneHz: this.#options.toneHz,
    };
  }
}
