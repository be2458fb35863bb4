/**
 * The sandbox carrier: a far end inside the process that speaks to voepy by SIP and RTP over loopback and nothing
 * else, so that every kind of call can be tried without a trunk.
 */
import { type Clock, CodedError, type Log, type Random, randomHex } from "@voepy/base";
import type { MediaPool } from "@voepy/media-engine";
import {
  makeSipEndpoint,
  type OpenTransport,
  parseUri,
  type RunningSipEndpoint,
  type SipEvent,
} from "@voepy/sip-stack";
import { BEHAVIOURS, DEFAULT_SCENARIO, SCENARIOS, type Sound, UNKNOWN_NUMBER } from "./behaviours.ts";
import { FarAudio } from "./far-audio.ts";
import { FarEnd } from "./far-end.ts";
import { type BindUdp, bindSystemUdp } from "./io/udp.ts";
import type { World } from "./world.ts";

export interface SandboxOptions {
  /** Default 127.0.0.1: nobody outside can reach it. */
  readonly host?: string | undefined;
  /** Default 0: any. */
  readonly port?: number | undefined;
  /** Its own; closed with it. */
  readonly media: MediaPool;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** WAV bytes of a sound. Rejects when there is none of that name. */
  readonly audio: (name: Sound) => Promise<Uint8Array>;
  /** Default: real sockets. Tests hand in the emulated network. */
  readonly transports?: OpenTransport | undefined;
  readonly bindUdp?: BindUdp | undefined;
}

export interface SandboxCallRequest {
  /** Number to call. */
  readonly to: string;
  /** Default: the echo's number. */
  readonly from?: string | undefined;
  /** What the caller does once answered: echo (default), tone, person, digits, hangup or silent. */
  readonly scenario?: string | undefined;
  /** SIP address of the server that is called, UDP. */
  readonly target: { readonly host: string; readonly port: number };
}

export interface Sandbox {
  /** Where it answers SIP, UDP. */
  readonly address: { readonly host: string; readonly port: number };
  /** Places a call; `id` names the far end. Rejects with CodedError `invalid_request` for a scenario there is not. */
  place(request: SandboxCallRequest): Promise<{ id: string }>;
  /** Far ends with a call, either way. */
  liveCalls(): number;
  /** Hangs up every call, frees the port and closes the media pool. */
  close(): Promise<void>;
}

const DEFAULT_CALLER = "+15005550001";

export async function makeSandbox(options: SandboxOptions): Promise<Sandbox> {
  const carrier = new Carrier(options);
  await carrier.start();
  return carrier;
}

class Carrier implements Sandbox {
  readonly #options: SandboxOptions;
  readonly #host: string;
  readonly #farEnds = new Map<string, FarEnd>();
  #sip: RunningSipEndpoint | undefined;
  #world: World | undefined;
  #isClosed = false;

  constructor(options: SandboxOptions) {
    this.#options = options;
    this.#host = options.host ?? "127.0.0.1";
  }

  get address(): { host: string; port: number } {
    return { host: this.#host, port: this.#sip?.listeners()[0]?.port ?? 0 };
  }

  async start(): Promise<void> {
    const { clock, random, log, media, transports } = this.#options;
    this.#sip = await makeSipEndpoint({
      listeners: [{ transport: "udp", host: this.#host, port: this.#options.port ?? 0 }],
      transports,
      domain: this.#host,
      userAgentName: "voepy sandbox",
      clock,
      random,
      log,
      // Loopback is all that reaches it, and it has nothing to lose.
      hooks: { screen: () => ({ type: "trust", label: "loopback" }), password: () => undefined },
      onEvent: (event) => this.#handle(event),
    });
    const promptOf = (sound: Sound): Promise<string> => this.#promptOf(sound);
    const bindUdp = this.#options.bindUdp ?? bindSystemUdp;
    this.#world = { sip: this.#sip, media, clock, random, log, bindUdp, promptOf };
    media.onEvent((event) => {
      if (!("leg" in event)) return;
      for (const farEnd of this.#farEnds.values()) if (farEnd.portId === event.leg) farEnd.handleMedia(event);
    });
  }

  async place(request: SandboxCallRequest): Promise<{ id: string }> {
    const { sip, world } = this.#running();
    const scenario = request.scenario ?? DEFAULT_SCENARIO;
    const steps = SCENARIOS.get(scenario);
    if (steps === undefined) {
      const known = [...SCENARIOS.keys()].join(", ");
      throw new CodedError("invalid_request", `there is no scenario ${scenario}; there are ${known}`, {
        param: "scenario",
      });
    }
    const { host, port } = request.target;
    const audio = await FarAudio.open(world, sip.localAddress("udp", host).address);
    const from = `sip:${request.from ?? DEFAULT_CALLER}@${this.#host}`;
    const to = `sip:${request.to}@${host}:${port}`;
    const session = sip.invite({
      target: { transport: "udp", host, port },
      requestUri: to,
      from: { uri: from, displayName: "" },
      to: { uri: to, displayName: "" },
      sdp: audio.offer(),
      headers: [],
    });
    this.#farEnds.set(session, new FarEnd(world, { session, behaviour: { steps }, audio }));
    return { id: `sandbox_${randomHex(world.random, 8)}` };
  }

  liveCalls(): number {
    return this.#farEnds.size;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const farEnd of this.#farEnds.values()) farEnd.hangUp();
    this.#farEnds.clear();
    await this.#sip?.close();
    await this.#options.media.close();
  }

  #handle(event: SipEvent): void {
    if (this.#isClosed || event.type === "bindings" || event.type === "pinged" || event.type === "registered") return;
    if (event.type === "invite") {
      this.#answer(event);
      return;
    }
    const farEnd = this.#farEnds.get(event.session);
    if (farEnd === undefined) return;
    if (event.type === "cancelled" || event.type === "ended" || event.type === "failed") {
      this.#end(farEnd);
      return;
    }
    farEnd.handle(event);
    if (event.type === "answered") this.#run(farEnd, this.#host);
  }

  #answer(event: SipEvent & { type: "invite" }): void {
    const { sip, world } = this.#running();
    const behaviour = BEHAVIOURS.get(numberOf(event.requestUri)) ?? UNKNOWN_NUMBER;
    const offer = event.sdp === undefined ? {} : { offer: event.sdp };
    const farEnd = new FarEnd(world, { session: event.session, behaviour, ...offer });
    this.#farEnds.set(event.session, farEnd);
    this.#run(farEnd, sip.localAddress("udp", event.source.address).address);
  }

  /** Goes through the steps; a far end that hung up or refused is forgotten at once, its last messages are SIP's. */
  #run(farEnd: FarEnd, address: string): void {
    void farEnd.run(address).then(() => {
      if (farEnd.isOver) this.#farEnds.delete(farEnd.session);
    });
  }

  #end(farEnd: FarEnd): void {
    farEnd.over();
    this.#farEnds.delete(farEnd.session);
  }

  async #promptOf(sound: Sound): Promise<string> {
    const key = `sandbox/${sound}`;
    const { media, audio } = this.#options;
    if (!media.hasPrompt(key)) await media.preparePrompt(key, await audio(sound));
    return key;
  }

  #running(): { sip: RunningSipEndpoint; world: World } {
    if (this.#sip === undefined || this.#world === undefined || this.#isClosed) {
      throw new CodedError("draining", "the sandbox carrier is closed");
    }
    return { sip: this.#sip, world: this.#world };
  }
}

/** The called number: the user part of a SIP URI. */
function numberOf(requestUri: string): string {
  const uri = parseUri(requestUri);
  return uri !== undefined && "user" in uri ? (uri.user ?? "") : "";
}
