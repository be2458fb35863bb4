/**
 * A whole server in virtual time: real SIP text and RTP bytes over an emulated network, real HTTP requests without a
 * socket, a real database in memory, phones with ears. Minutes of calls run in milliseconds.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CodedError, type HttpClient, seededRandom, silentLog } from "@voepy/base";
import {
  EmulatedNetwork,
  EmulatedRtpIo,
  Phone,
  type PhoneOptions,
  sipOverUdp,
  VirtualClock,
  WebhookSink,
} from "@voepy/testkit";
import { type Outside, parseConfig, type Server, startServer } from "../src/index.ts";
import { fakeSpeech } from "./fake-speech.ts";

import { ForkPeers } from "./fork-peer.ts";

export const KEY = "voepy_key_test_0123456789";
const SECRET = "whsec_dGhpcyBpcyBhIHNlY3JldCBmb3IgdGVzdHM=";
const SERVER = "10.0.0.1";
const TRUNK = "10.0.0.7";

const CONFIG = `
sip: {listeners: [{transport: udp, host: ${SERVER}, port: 5060}]}
media: {address: ${SERVER}, ports: 20000-20999}
tenants:
  - id: default
    api_keys: [{name: test, key: ${KEY}}]
    webhooks: [{url: "http://hooks.test/", secret: "${SECRET}"}]
    sip_users:
      - {username: alice, password: wonder, number: "+15125550199"}
      - {username: bob, password: builder, number: "+15125550198", outbound: true}
    routes:
      - {id: trunk, options_ping_secs: 0, allowed_source_cidrs: [${TRUNK}/32], gateways: [{host: ${TRUNK}, port: 5060}]}
    numbers:
      - {number: "+15125550100", route_id: trunk}
      - {number: "+15125550101", inbound_action: {type: echo}}
      - {number: "+15125550102", inbound_action: {type: dial, to: "+15125550199"}}
      - {number: "+15125550103", inbound_action: {type: reject, cause: user_busy}}
`;

/** What the API answered. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // Tests look into answers freely; a wrong path reads undefined and fails the assertion.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any;
}

export class World {
  readonly clock = new VirtualClock();
  readonly random = seededRandom(2026);
  readonly network = new EmulatedNetwork({ clock: this.clock, random: this.random, profile: { delayMs: 5 } });
  readonly hooks = new WebhookSink({ clock: this.clock, secrets: [SECRET] });
  /** WebSocket servers by URL. */
  readonly peers = new ForkPeers(this.clock);
  /** Audio files by URL, as the world outside serves them. */
  readonly files = new Map<string, Uint8Array>();
  /** What DNS says: `_sip._udp.example.com` to servers, names to IPv4 addresses. */
  readonly srv = new Map<string, readonly { name: string; port: number; priority: number; weight: number }[]>();
  readonly addresses = new Map<string, readonly string[]>();
  /** What a STUN server sees us at; undefined: it does not answer. */
  outsideAddress: string | undefined = "198.51.100.5";
  readonly folder: string;
  server!: Server;
  readonly #phones: Phone[] = [];

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** `configMore` goes on where `base` ends. */
  static async open(configMore = "", base = CONFIG): Promise<World> {
    const world = new World(await mkdtemp(join(tmpdir(), "voepy-world-")));
    const config = parseConfig(`data_dir: ${world.folder}\n${base}${configMore}`, "world.yaml", {});
    world.server = await startServer(config, silentLog, world.#outside());
    return world;
  }

  #outside(): Outside {
    const host = this.network.host(SERVER);
    const carrier = this.network.host("10.0.0.2");
    return {
      clock: this.clock,
      random: this.random,
      database: () => ":memory:",
      http: this.#fileServer(),
      operatorHttp: this.hooks,
      sipTransports: sipOverUdp(host),
      dns: {
        naptr: async () => ({ records: [], ttlS: undefined }),
        srv: async (name) => ({ records: this.srv.get(name) ?? [], ttlS: undefined }),
        addresses: async (name, family) => ({
          records: family === 4 ? (this.addresses.get(name) ?? []) : [],
          ttlS: undefined,
        }),
      },
      speechEngines: [fakeSpeech(this.clock)],
      stun: () =>
        this.outsideAddress === undefined
          ? Promise.reject(new Error("no answer"))
          : Promise.resolve(this.outsideAddress),
      media: { io: () => new EmulatedRtpIo(host), workers: 0, connectFork: this.peers.connect },
      sandbox: {
        host: "10.0.0.2",
        media: { io: () => new EmulatedRtpIo(carrier), workers: 0 },
        sip: { transports: sipOverUdp(carrier), bindUdp: (binding) => carrier.bind(binding) },
      },
    };
  }

  #fileServer(): HttpClient {
    return {
      fetch: async (request) => {
        const body = this.files.get(request.url);
        if (body === undefined) throw new CodedError("media_unreachable", `${request.url} is not there`);
        return { status: 200, headers: {}, body, url: request.url };
      },
      close: async () => undefined,
    };
  }

  /** A phone; `trunk` speaks from the trunk's address, others are softphones and register. */
  async phone(username: string, more: Partial<PhoneOptions> = {}): Promise<Phone> {
    const address = username === "trunk" ? TRUNK : `10.0.1.${this.#phones.length + 1}`;
    const phone = await Phone.open({
      network: this.network.host(address),
      address,
      port: 5060,
      clock: this.clock,
      random: this.random,
      username,
      server: { address: SERVER, port: 5060 },
      ...more,
    });
    this.#phones.push(phone);
    return phone;
  }

  /** A registered softphone of the configuration. */
  async softphone(username: "alice" | "bob", more: Partial<PhoneOptions> = {}): Promise<Phone> {
    const password = username === "alice" ? "wonder" : "builder";
    const phone = await this.phone(username, { password, domain: "voepy.local", ...more });
    await this.clock.resolve(phone.register());
    return phone;
  }

  /** A request to the API; virtual time passes while it is answered. */
  async api(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const request = this.server.api.app.request(`http://voepy.test${path}`, {
      method,
      headers: {
        authorization: `Bearer ${KEY}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const response = await this.#settled(Promise.resolve(request));
    const type = response.headers.get("content-type") ?? "";
    const answer = type.includes("json") ? await response.json() : new Uint8Array(await response.arrayBuffer());
    return { status: response.status, headers: response.headers, body: answer };
  }

  /** Waits in virtual time, and where that is not enough (files) in real time. */
  async #settled<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const mark = (): void => {
      isSettled = true;
    };
    promise.then(mark, mark);
    for (let step = 0; !isSettled && step < 2000; step++) {
      await this.clock.advance(1);
      if (step > 20) await new Promise((done) => setTimeout(done, 5));
    }
    return isSettled ? promise : Promise.reject(new Error("the API did not answer within 10 s"));
  }

  /** Posts a verb; throws with the error's text when it was refused. */
  async act(callId: string, verb: string, body: unknown = {}): Promise<Answer["body"]> {
    const answer = await this.api("POST", `/v1/calls/${callId}/actions/${verb}`, body);
    if (answer.status !== 200) throw new Error(`${verb}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  async call(callId: string): Promise<Answer["body"]> {
    return (await this.api("GET", `/v1/calls/${callId}`)).body;
  }

  /** Event types of a call in order of sequence, as the webhook endpoint got them. */
  eventsOf(callId: string): string[] {
    return this.hooks.received
      .filter((hook) => hook.callId === callId)
      .sort((a, b) => a.sequence - b.sequence)
      .map((hook) => hook.eventType);
  }

  /** `data` of a call's first event of that type. */
  eventData(callId: string, type: string): Answer["body"] {
    return this.hooks.received.find((hook) => hook.callId === callId && hook.eventType === type)?.data;
  }

  /**
   * `data` of the call's first event of that type, once it comes: what depends on files takes real time, which virtual
   * time does not wait for.
   */
  async eventually(callId: string, type: string): Promise<Answer["body"]> {
    for (let tries = 0; tries < 500; tries++) {
      const data = this.eventData(callId, type);
      if (data !== undefined) return data;
      await this.clock.advance(20);
      await new Promise((done) => setTimeout(done, 10));
    }
    throw new Error(`${type} of ${callId} never came; there were ${this.eventsOf(callId).join(", ")}`);
  }

  /** The call that the last `call.started` told of. */
  lastStarted(): string {
    return this.hooks.received.filter((hook) => hook.eventType === "call.started").at(-1)?.callId ?? "";
  }

  async close(): Promise<void> {
    for (const phone of this.#phones) await phone.close();
    await this.clock.resolve(this.server.close());
    await rm(this.folder, { recursive: true, force: true });
  }
}
