/** Everything from outside is hostile: each bad input gets its clear answer over real sockets, and the server goes on. */
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLog } from "@voepy/base";
import { loopbackUdp, type UdpSocket } from "@voepy/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type Config,
  ConfigError,
  loadConfig,
  parseConfig,
  realOutside,
  type Server,
  startServer,
} from "../src/index.ts";

const KEY = "voepy_key_test_0123456789";
const TORTURE = new URL("../../../../shared/fixtures/rfc4475/", import.meta.url);

let folder: string;
let server: Server;
let config: Config;
let peer: UdpSocket;
let answers: string[] = [];

function configText(sipPort: number, mediaPorts: string): string {
  return `
data_dir: ${folder}
sip: {listeners: [{transport: udp, host: 127.0.0.1, port: ${sipPort}}]}
media: {address: 127.0.0.1, ports: ${mediaPorts}, workers: 0, io: dgram}
tenants:
  - id: default
    api_keys: [{name: test, key: ${KEY}}]
    sip_users: [{username: alice, password: wonder}]
    routes: [{id: trunk, allowed_source_cidrs: [127.0.0.0/8]}]
    numbers: [{number: "+15125550100"}, {number: "+15125550101", inbound_action: {type: echo}}]
`;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "voepy-bad-"));
  config = parseConfig(configText(0, "42000-42099"), "test", {});
  server = await startServer(config, silentLog, realOutside(config));
  peer = await loopbackUdp.bind({
    onPacket: (bytes) => {
      answers.push(Buffer.from(bytes).toString("latin1"));
    },
  });
});

afterAll(async () => {
  peer.close();
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

function send(message: Uint8Array | string): void {
  const bytes = typeof message === "string" ? Buffer.from(message, "latin1") : message;
  peer.send(bytes, { address: "127.0.0.1", port: server.sipListeners[0]!.port });
}

/** Waits for an answer to this Call-ID with a status of at least `from`; undefined after half a second of none. */
async function answerTo(callId: string, from = 200): Promise<number | undefined> {
  for (let waited = 0; waited < 500; waited += 10) {
    for (const answer of answers) {
      const status = Number(/^SIP\/2\.0 (\d{3})/.exec(answer)?.[1] ?? 0);
      if (status >= from && answer.includes(callId)) return status;
    }
    await new Promise((done) => setTimeout(done, 10));
  }
  return undefined;
}

let pings = 0;
async function isAlive(): Promise<boolean> {
  const callId = `alive-${++pings}`;
  send(request("OPTIONS", callId, { port: peer.port }));
  return (await answerTo(callId)) === 200;
}

function request(
  method: string,
  callId: string,
  more: { port: number; headers?: string; from?: string; to?: string },
): string {
  const to = more.to ?? "sip:+15125550999@127.0.0.1";
  return (
    `${method} ${to} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:${more.port};branch=z9hG4bK${callId}\r\nMax-Forwards: 70\r\n` +
    `From: <${more.from ?? "sip:tester@127.0.0.1"}>;tag=1\r\nTo: <${to}>\r\nCall-ID: ${callId}\r\nCSeq: 1 ${method}\r\n` +
    `Contact: <sip:tester@127.0.0.1:${more.port}>\r\n${more.headers ?? ""}Content-Length: 0\r\n\r\n`
  );
}

interface Torture {
  readonly name: string;
  readonly file: string;
  readonly kind: string;
  readonly expect: string;
  readonly codes: readonly number[];
  readonly callId?: string;
}

const torture: readonly Torture[] = existsSync(TORTURE)
  ? (JSON.parse(readFileSync(new URL("index.json", TORTURE), "utf8")) as { messages: Torture[] }).messages
  : [];

describe.skipIf(torture.length === 0)("RFC 4475 over UDP", () => {
  test.each(torture.map((message) => [message.name, message] as const))(
    "%s gets what its section asks for",
    async (_, message) => {
      answers = [];
      send(fromHere(readFileSync(new URL(message.file, TORTURE)), message.name));
      const alive = await isAlive();
      const statuses = answers
        // Refused INVITEs that nobody acknowledges are answered again for a while (timer G): those are of other messages.
        .filter((answer) => answer.includes(message.callId ?? "Call-ID") && !answer.includes("alive-"))
        .map((answer) => Number(/^SIP\/2\.0 (\d{3})/.exec(answer)?.[1] ?? 0));
      expect(alive).toBe(true);
      const final = statuses.at(-1);
      if (message.expect === "drop") expect(statuses).toEqual([]);
      if (message.expect === "reject") expect(message.codes).toContain(final);
      if (message.expect === "reject_or_drop" && final !== undefined) expect(message.codes).toContain(final);
      if (message.expect === "reject_or_liberal")
        expect(final === undefined || final < 500 || message.codes.includes(final)).toBe(true);
      if (message.expect.startsWith("accept") && final !== undefined) expect([400, 500, 505, 513]).not.toContain(final);
    },
  );
});

/**
 * The same bytes with our port in the top Via: without rport an answer goes to the port the Via names (§18.2.2), where
 * nobody listens. Hosts stay different, since many of the messages share a branch (§17.2.3).
 */
function fromHere(bytes: Uint8Array, name: string): Uint8Array {
  const text = Buffer.from(bytes).toString("latin1");
  const via =
    /^((?:Via|v)[ \t]*:[ \t\r\n]*SIP[ \t\r\n]*\/[ \t\r\n]*\d\.0[ \t\r\n]*\/[ \t\r\n]*[A-Za-z]+[ \t\r\n]+)[^;,\s]+/im;
  return Buffer.from(
    text.replace(via, (_, head: string) => `${head}${name}.example.com:${peer.port}`),
    "latin1",
  );
}

describe("SIP that is not right", () => {
  test("a truncated message gets 400, a datagram of noise nothing, and the next is served", async () => {
    send(request("OPTIONS", "cut-short", { port: peer.port }).slice(0, -4));
    expect(await answerTo("cut-short")).toBe(400);
    send(Buffer.alloc(1400, 0xff));
    send("");
    expect(await isAlive()).toBe(true);
  });

  test("a header section beyond 64 kB is dropped or refused, and the next is served", async () => {
    send(
      request("OPTIONS", "oversized", {
        port: peer.port,
        headers: `X-Long: ${"a".repeat(65_000)}\r\n`.slice(0, 65_000),
      }).slice(0, 65_000),
    );
    expect([400, 413, 513, undefined]).toContain(await answerTo("oversized"));
    expect(await isAlive()).toBe(true);
  });

  test("a wrong digest is challenged again, as an unknown user is", async () => {
    const digest = (username: string): string =>
      `Authorization: Digest username="${username}", realm="voepy.local", nonce="made-up", uri="sip:voepy.local", response="${"0".repeat(32)}", algorithm=MD5\r\n`;
    for (const username of ["alice", "nobody"]) {
      const callId = `digest-${username}`;
      send(
        request("REGISTER", callId, {
          port: peer.port,
          to: `sip:${username}@voepy.local`,
          from: `sip:${username}@voepy.local`,
          headers: digest(username),
        }),
      );
      expect(await answerTo(callId)).toBe(401);
    }
  });
});

describe("an HTTP body that is not right", () => {
  test("has all three wrong fields named at once", async () => {
    const response = await server.api.app.request("http://voepy.test/v1/calls", {
      method: "POST",
      headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json" },
      body: JSON.stringify({ from: "5125550100", to: "+15005550001", timeout_secs: 0, colour: "blue" }),
    });
    expect(response.status).toBe(400);
    const { error } = (await response.json()) as { error: { code: string; details: { errors: { param: string }[] } } };
    expect(error.code).toBe("invalid_request");
    expect(error.details.errors.map(({ param }) => param).sort()).toEqual(["colour", "from", "timeout_secs"]);
  });
});

describe("a machine that is not right", () => {
  test("a SIP port that is taken stops the start with its name, and the first server goes on", async () => {
    const taken = server.sipListeners[0]!.port;
    const other = parseConfig(configText(taken, "42100-42199"), "test", {});
    const start = startServer({ ...other, data_dir: `${folder}/other` }, silentLog, realOutside(other));
    await expect(start).rejects.toThrow(new RegExp(`${taken}`));
    expect(await isAlive()).toBe(true);
  });

  test("a media range that is taken fails the call with the range's name, and calls work again when it is free", async () => {
    const first = 42_300;
    const holders = await Promise.all(
      [first, first + 1].map((port) => loopbackUdp.bind({ address: "127.0.0.1", port, onPacket: () => undefined })),
    );
    const narrow = parseConfig(configText(0, `${first}-${first + 1}`), "test", {});
    const small = await startServer({ ...narrow, data_dir: `${folder}/small` }, silentLog, realOutside(narrow));
    const dial = async (): Promise<string> => {
      const response = await small.api.app.request("http://voepy.test/v1/calls", {
        method: "POST",
        headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json" },
        body: JSON.stringify({ from: "+15125550100", to: "+15005550004" }),
      });
      return ((await response.json()) as { id: string }).id;
    };
    const ended = async (id: string): Promise<Record<string, unknown>> => {
      for (let tries = 0; tries < 200; tries++) {
        const response = await small.api.app.request(`http://voepy.test/v1/calls/${id}`, {
          headers: { authorization: `Bearer ${KEY}` },
        });
        const call = (await response.json()) as Record<string, unknown>;
        if (call.status === "failed") return call;
        await new Promise((done) => setTimeout(done, 20));
      }
      throw new Error(`call ${id} did not end`);
    };
    try {
      expect(await ended(await dial())).toMatchObject({
        end_reason: "carrier_error",
        sip_reason: expect.stringContaining(`${first}`),
      });
      for (const holder of holders) holder.close();
      expect(await ended(await dial())).toMatchObject({ end_reason: "busy" });
    } finally {
      for (const holder of holders) holder.close();
      await small.close();
    }
  });

  test("a configuration that cannot be read is named", () => {
    expect(() => loadConfig(`${folder}/nowhere.yaml`)).toThrow(ConfigError);
    expect(() => loadConfig(`${folder}/nowhere.yaml`)).toThrow(/nowhere\.yaml: cannot be read/);
  });
});
