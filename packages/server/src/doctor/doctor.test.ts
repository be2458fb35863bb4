import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seededRandom, silentLog, systemClock } from "@voepy/base";
import { makeSipEndpoint, type RunningSipEndpoint } from "@voepy/sip-stack";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parseConfig } from "../config.ts";
import { checkAddresses, publicAddress } from "./addresses.ts";
import { examine } from "./doctor.ts";
import type { Finding } from "./finding.ts";
import { checkListeners, isVoepyRunning } from "./listeners.ts";
import { checkRegistrations, judge } from "./registrations.ts";

let folder: string;
const closing: (() => unknown)[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "voepy-doctor-"));
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  rmSync(folder, { recursive: true });
});

async function boundUdp(): Promise<Socket> {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  closing.push(() => socket.close());
  return socket;
}

async function httpThatSays(text: string): Promise<number> {
  const server = createServer((_, answer) => answer.end(text)).listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(() => server.close());
  return (server.address() as AddressInfo).port; // it listens on TCP
}

async function gateway(): Promise<RunningSipEndpoint> {
  const endpoint = await makeSipEndpoint({
    listeners: [{ transport: "udp", host: "127.0.0.1", port: 0 }],
    domain: "gateway.test",
    userAgentName: "gateway",
    clock: systemClock,
    random: seededRandom(5),
    log: silentLog,
    hooks: { screen: () => ({ type: "trust", label: "doctor" }), password: () => undefined },
    onEvent: () => undefined,
  });
  closing.push(() => endpoint.close());
  return endpoint;
}

async function all(findings: AsyncIterable<Finding>): Promise<Finding[]> {
  const out: Finding[] = [];
  for await (const finding of findings) out.push(finding);
  return out;
}

/** The findings on a configuration file of that text. */
async function findings(text: string): Promise<(name: string) => Finding | undefined> {
  const file = join(folder, "voepy.yaml");
  writeFileSync(file, text);
  const found = await all(examine(file));
  return (name) => found.find(({ check }) => check.startsWith(name));
}

const config = (sipPort: number, more = ""): string => `
data_dir: ${folder}/data
sip: {listeners: [{transport: udp, host: 127.0.0.1, port: ${sipPort}}]}
api: {port: 0}
media: {address: 127.0.0.1, ports: 40000-40199}
limits: {max_calls: 50}
${more}`;

describe("@net the doctor", () => {
  test("finds a machine on loopback in order, with a gateway that answers", async () => {
    const port = (await gateway()).listeners()[0]!.port;
    const route = `tenants: [{id: t, routes: [{id: carrier, gateways: [{host: 127.0.0.1, port: ${port}}]}]}]`;
    const finding = await findings(config(0, route));
    expect(finding("config")).toMatchObject({ status: "ok" });
    expect(finding("server")).toMatchObject({ status: "ok", detail: "not running" });
    expect(finding("sip udp")).toMatchObject({ status: "ok" });
    expect(finding("media udp 127.0.0.1:40000-40199")?.status).not.toBe("fail");
    expect(finding("sip.public_address")).toMatchObject({ status: "ok", detail: expect.stringContaining("loopback") });
    expect(finding("data_dir")).toMatchObject({ status: "ok", detail: "not there yet, can be made" });
    expect(finding("database")).toMatchObject({ status: "ok" });
    expect(finding(`route carrier udp 127.0.0.1:${port}`)).toMatchObject({
      status: "ok",
      detail: expect.stringMatching(/^up, \d+ ms, answers 200 OK$/),
    });
  });

  test("finds a taken port, a silent and a closed gateway, a name that is none, and says what to do", async () => {
    const [taken, silent, closed] = [await boundUdp(), await boundUdp(), createSocket("udp4")];
    closed.bind(0, "127.0.0.1");
    await once(closed, "listening");
    const closedPort = closed.address().port;
    await new Promise<void>((done) => closed.close(() => done()));
    const gateways = [
      `{host: 127.0.0.1, port: ${silent.address().port}}`,
      `{host: 127.0.0.1, port: ${closedPort}}`,
      "{host: gateway.invalid}",
      `{host: 127.0.0.1, port: ${closedPort}, transport: tcp}`,
    ];
    const route = `tenants: [{id: t, routes: [{id: carrier, gateways: [${gateways.join(", ")}]}]}]`;
    const finding = await findings(config(taken.address().port, route));
    expect(finding("sip udp")).toMatchObject({
      status: "fail",
      detail: "taken by another program",
      advice: expect.stringContaining(`ss -lunp 'sport = :${taken.address().port}'`),
    });
    expect(finding(`route carrier udp 127.0.0.1:${silent.address().port}`)).toMatchObject({
      status: "fail",
      detail: "no answer to OPTIONS within 3 s",
    });
    expect(finding(`route carrier udp 127.0.0.1:${closedPort}`)?.advice).toContain("nothing listens");
    expect(finding(`route carrier tcp 127.0.0.1:${closedPort}`)?.advice).toContain("nothing listens");
    expect(finding("route carrier udp gateway.invalid")?.advice).toContain("does not resolve");
  });

  test("finds a folder that cannot be made, a file that is no database, and too few media ports", async () => {
    mkdirSync(join(folder, "data"));
    writeFileSync(join(folder, "data", "voepy.db"), "no database ".repeat(100));
    writeFileSync(join(folder, "file"), "");
    const finding = await findings(
      `${config(0).replace("max_calls: 50", "max_calls: 500")}storage: {recordings: ${folder}/file/recordings}\n`,
    );
    expect(finding("storage.recordings")).toMatchObject({
      status: "fail",
      advice: expect.stringContaining("mkdir -p"),
    });
    expect(finding("database")).toMatchObject({ status: "fail", detail: expect.stringContaining("cannot be read") });
    expect(finding("media ports for limits.max_calls")).toMatchObject({
      status: "warn",
      advice: expect.stringContaining("set limits.max_calls to 50"),
    });
  });

  test("stops at a configuration that is wrong, naming every problem", async () => {
    const file = join(folder, "wrong.yaml");
    writeFileSync(file, "sipp: {}\napii: {}\n");
    const found = await all(examine(file));
    expect(found.map(({ status, detail }) => [status, detail])).toEqual([
      ["fail", `${file}:1: unknown key sipp`],
      ["fail", `${file}:2: unknown key apii`],
    ]);
    expect((await all(examine(join(folder, "none.yaml"))))[0]).toMatchObject({ status: "fail" });
  });
});

describe("@net a port that is in use", () => {
  const wanted = (api: number, sip: number) =>
    parseConfig(`${config(sip)}`.replace("port: 0}\nmedia", `port: ${api}}\nmedia`), "x.yaml", {});

  test("is well when a running voepy has it, and a free one is then worth a word", async () => {
    const taken = await boundUdp();
    const api = await httpThatSays('{"status":"ok"}');
    expect(await isVoepyRunning(wanted(api, 1))).toBe(true);
    const [sip, http] = await all(checkListeners(wanted(api, taken.address().port), true));
    expect(sip).toMatchObject({ status: "ok", detail: "in use by the running voepy" });
    expect(http).toMatchObject({ check: `api http 127.0.0.1:${api}`, status: "ok" });
    taken.removeAllListeners();
    const free = await boundUdp();
    const { port } = free.address();
    await closing.pop()?.();
    const [now] = await all(checkListeners(wanted(api, port), true));
    expect(now).toMatchObject({ status: "warn", advice: expect.stringContaining("restart") });
  });

  test("is not voepy's when something else answers there, or nothing", async () => {
    const api = await httpThatSays("<html>It works!</html>");
    expect(await isVoepyRunning(wanted(api, 1))).toBe(false);
    const [, http] = await all(checkListeners(wanted(api, 0), false));
    expect(http).toMatchObject({ status: "fail", advice: expect.stringContaining("ss -ltnp") });
    const silent = await boundUdp();
    expect(await isVoepyRunning(wanted(silent.address().port, 1))).toBe(false);
  });

  test("an address of another machine is told apart", async () => {
    const foreign = parseConfig("sip: {listeners: [{transport: udp, host: 192.0.2.200, port: 5060}]}", "x.yaml", {});
    const [sip] = await all(checkListeners(foreign, false));
    expect(sip).toMatchObject({ status: "fail", detail: "this machine has no such address" });
  });
});

describe("@net a registration", () => {
  const registering = (api: number, more = "") =>
    parseConfig(
      `api: {port: ${api}}\ntenants: [{id: t, ${more} routes: [{id: r, gateways: [{host: 127.0.0.1}], auth: {mode: registration, username: u, password: p}}]}]`,
      "x.yaml",
      {},
    );
  const statusOf = async (api: number, key?: string): Promise<string[]> =>
    (await all(checkRegistrations(registering(api), true, key))).map(({ status, detail }) => `${status} ${detail}`);

  test("is what the running voepy says of it", async () => {
    const says = async (registration: object | null): Promise<string | undefined> =>
      (await statusOf(await httpThatSays(JSON.stringify({ id: "r", registration })), "voepy_key_x"))[0];
    expect(await says({ status: "registered", reason: null })).toBe("ok registered");
    expect(await says({ status: "failed", reason: "403 Forbidden" })).toBe("fail failed: 403 Forbidden");
    expect(await says({ status: "registering", reason: null })).toMatch(/^warn/);
    expect(await says(null)).toMatch(/^warn/);
    expect((await statusOf(await httpThatSays("no JSON"), "voepy_key_x"))[0]).toMatch(/^warn .*does not tell/);
  });

  test("needs a key, and a server that runs", async () => {
    expect((await statusOf(1))[0]).toContain("needs an API key");
    expect(await all(checkRegistrations(registering(1), false, undefined))).toMatchObject([{ status: "ok" }]);
    expect(judge("x", { status: "failed", reason: null }).advice).toContain("password");
  });
});

describe("the public address", () => {
  const own = ["127.0.0.1", "10.1.2.3", "fe80::1"];
  const finding = (configured: string, bound: string, addresses: readonly string[] = own): Finding =>
    publicAddress("sip.public_address", configured, { bound: [bound], own: addresses });

  test.each([
    ["8.8.8.8", "0.0.0.0", own, "ok", "not of this machine"],
    ["10.1.2.3", "0.0.0.0", own, "ok", "an address of this machine"],
    ["auto", "0.0.0.0", [...own, "8.8.8.8"], "ok", "8.8.8.8"],
    ["auto", "0.0.0.0", own, "warn", "10.1.2.3"],
    ["auto", "10.1.2.3", [...own, "8.8.8.8"], "warn", "10.1.2.3"],
    ["auto", "127.0.0.1", own, "ok", "loopback"],
  ])("%s, bound to %s", (...row) => {
    const [configured, bound, addresses, status, words] = row;
    expect(finding(configured, bound, addresses)).toMatchObject({ status, detail: expect.stringContaining(words) });
  });

  test("of a STUN server is what it says; one that does not answer has failed", async () => {
    const stun = parseConfig("sip: {public_address: 'stun:a.test'}\nmedia: {public_address: 'stun:b.test:1'}", "x", {});
    const ask = async ({ host, port }: { host: string; port: number }): Promise<string> => {
      if (host === "a.test" && port === 3478) return "8.8.8.8";
      throw new Error(`STUN server ${host}:${port}: no answer`);
    };
    expect(await all(checkAddresses(stun, ask))).toMatchObject([
      { check: "sip.public_address", status: "ok", detail: expect.stringContaining("8.8.8.8") },
      { check: "media.public_address", status: "fail", detail: "STUN server b.test:1: no answer" },
    ]);
  });

  test("behind a NAT comes with the key to set", () => {
    expect(finding("auto", "0.0.0.0").advice).toContain("set sip.public_address");
  });
});
