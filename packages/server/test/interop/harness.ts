/** A whole voepy as its user meets it: the CLI in a process of its own, its API over HTTP, its SIP on loopback. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Child, freePort, startChild, until } from "./child.ts";
import { type Hooks, startHooks } from "./hooks.ts";

export const ROOT = join(import.meta.dirname, "../../../..");
const API_KEY = "voepy_key_interop_0123456789abcdef";

/** Numbers of the tenant and what a call to each does. */
export const NUMBERS = {
  webhook: "+15125550100",
  echo: "+15125550101",
  toBob: "+15125550102",
  toBobWide: "+15125550103",
} as const;
export const USERS = { alice: "+15125550199", bob: "+15125550198" } as const;
export const SIP_DOMAIN = "voepy.local";

/** The part of the Call resource that the tests look at. */
export interface CallJson {
  readonly id: string;
  readonly direction: "inbound" | "outbound";
  readonly status: string;
  readonly from: string;
  readonly to: string;
  readonly end_reason: string | null;
  readonly end_initiator: string | null;
  readonly legs: readonly { readonly id: string }[];
  readonly recordings: readonly RecordingJson[];
}

export interface RecordingJson {
  readonly id: string;
  readonly status: string;
  readonly channels: string;
  readonly duration_seconds: number | null;
  readonly download_url: string | null;
}

export interface Answer<T> {
  readonly status: number;
  readonly body: T;
}

/** One line of a call's trace: one SIP message. */
export interface TraceLine {
  /** As the server sees it. */
  readonly direction: "sent" | "received";
  readonly transport: string;
  readonly remote: { readonly address: string; readonly port: number };
  readonly method: string | null;
  readonly status: number | null;
  readonly text: string;
}

/** What a test needs beside the usual configuration: YAML flow mappings, one each. */
export interface WorldOptions {
  readonly listeners?: readonly string[];
  readonly routes?: readonly string[];
  readonly numbers?: readonly string[];
}

export interface World {
  readonly sipPort: number;
  readonly hooks: Hooks;
  server(): Child;
  api<T = CallJson>(method: "GET" | "POST" | "DELETE", path: string, body?: unknown): Promise<Answer<T>>;
  /** An action on a call; throws when it is refused. */
  act(callId: string, verb: string, body?: unknown): Promise<CallJson>;
  /** Waits until the call has one of these statuses. */
  callBecomes(callId: string, ...statuses: string[]): Promise<CallJson>;
  /** The SIP messages of a call. */
  trace(callId: string): Promise<readonly TraceLine[]>;
  /** Starts a new process on the same data, after the old one has ended. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** Starts webhook sink and server; `close` ends both and removes the data. */
export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), "voepy-interop-"));
  const hooks = await startHooks();
  const [sipPort, apiPort] = [await freePort(), await freePort()];
  const configFile = join(folder, "voepy.yaml");
  writeFileSync(configFile, configText(folder, { sipPort, apiPort, hooks, options }));
  let server = await startServer(configFile);

  const api = async <T>(method: string, path: string, body?: unknown): Promise<Answer<T>> => {
    const response = await fetch(`http://127.0.0.1:${apiPort}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${API_KEY}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === "" ? undefined : JSON.parse(text) };
  };
  return {
    sipPort,
    hooks,
    server: () => server,
    api,
    async act(callId, verb, body = {}) {
      const answer = await api<CallJson>("POST", `/v1/calls/${callId}/actions/${verb}`, body);
      if (answer.status !== 200) throw new Error(`${verb}: ${answer.status} ${JSON.stringify(answer.body)}`);
      return answer.body;
    },
    callBecomes(callId, ...statuses) {
      let last: CallJson | undefined;
      const look = async (): Promise<CallJson | undefined> => {
        last = (await api<CallJson>("GET", `/v1/calls/${callId}`)).body;
        return statuses.includes(last.status) ? last : undefined;
      };
      return until(`call becomes ${statuses.join(" or ")}`, look, {
        explain: () => `it is ${JSON.stringify(last)}\n${server.output()}`,
      });
    },
    async trace(callId) {
      const { body } = await api<{ messages: readonly TraceLine[] }>("GET", `/v1/calls/${callId}/trace`);
      return body.messages;
    },
    async restart() {
      await server.stop();
      server = await startServer(configFile);
    },
    async close() {
      await server.stop();
      await hooks.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Runs the CLI until it says that it is ready. */
async function startServer(configFile: string): Promise<Child> {
  const server = startChild(process.execPath, [
    join(ROOT, "packages/cli/src/main.ts"),
    "start",
    "--config",
    configFile,
  ]);
  await untilReady(server);
  return server;
}

/** Waits for `voepy ready`; throws with the output when the process ends or is silent instead. */
export async function untilReady(server: Child): Promise<void> {
  const look = (): boolean | undefined =>
    /^voepy ready/m.test(server.output()) || server.status() !== undefined || undefined;
  await until("voepy ready", look, { limitMs: 30_000, explain: server.output });
  if (server.status() !== undefined) throw new Error(`the server ended (${server.status()}):\n${server.output()}`);
}

interface Place {
  readonly sipPort: number;
  readonly apiPort: number;
  readonly hooks: Hooks;
  readonly options: WorldOptions;
}

function configText(folder: string, at: Place): string {
  const items = (lines: readonly string[] = []): string => lines.map((line) => `\n      - ${line}`).join("");
  return `data_dir: ${folder}/data
log: {level: info, format: json}
api: {host: 127.0.0.1, port: ${at.apiPort}, public_url: "http://127.0.0.1:${at.apiPort}"}
sip:
  listeners:
    - {transport: udp, host: 127.0.0.1, port: ${at.sipPort}}
    - {transport: tcp, host: 127.0.0.1, port: ${at.sipPort}}${items(at.options.listeners).replaceAll("      - ", "    - ")}
  domain: ${SIP_DOMAIN}
  public_address: 127.0.0.1
media: {address: 127.0.0.1, public_address: 127.0.0.1, ports: 31100-32099, workers: 1}
network: {allow_private_urls: true}
drain_secs: 1
tenants:
  - id: default
    api_keys: [{name: interop, key: "${API_KEY}", scopes: ["*"]}]
    webhooks: [{url: "${at.hooks.url}", events: ["*"], secret: "${at.hooks.secret}"}]
    sip_users:
      - {username: alice, password: wonderland, number: "${USERS.alice}"}
      - {username: bob, password: builder, number: "${USERS.bob}"}
      - {username: carol, password: careful}
    routes:
      - {id: voepy_route_lab, direction: in, allowed_source_cidrs: [127.0.0.0/8], codecs: [PCMU, PCMA]}
      - {id: voepy_route_wide, direction: in, allowed_source_cidrs: [127.0.0.0/8], codecs: [OPUS, G722, PCMU]}${items(at.options.routes)}
    numbers:
      - {number: "${NUMBERS.webhook}", route_id: voepy_route_lab, inbound_action: {type: webhook}}
      - {number: "${NUMBERS.echo}", route_id: voepy_route_lab, inbound_action: {type: echo}}
      - {number: "${NUMBERS.toBob}", route_id: voepy_route_lab, inbound_action: {type: dial, to: "sip:bob@${SIP_DOMAIN}"}}
      - {number: "${NUMBERS.toBobWide}", route_id: voepy_route_wide, inbound_action: {type: dial, to: "sip:bob@${SIP_DOMAIN}"}}${items(at.options.numbers)}
`;
}
