/** Can every listener be bound; and where not, is it a running voepy that has it. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";
import { messageOf } from "@voepy/base";
import type { Config } from "../config-schema.ts";
import { codeOf, type Finding, fail, ok, warn } from "./finding.ts";

const HEALTHZ_WITHIN_MS = 1500;

/** A server of this configuration answers. Another program on that port does not give this answer. */
export async function isVoepyRunning(config: Config): Promise<boolean> {
  if (config.api.port === 0) return false;
  return fetch(`${apiUrl(config)}/healthz`, { signal: AbortSignal.timeout(HEALTHZ_WITHIN_MS), redirect: "error" })
    .then((answer) => answer.text())
    .then(
      (text) => text === '{"status":"ok"}',
      // Refused, silent, not HTTP: nothing of ours.
      () => false,
    );
}

export async function* checkListeners(config: Config, isRunning: boolean): AsyncGenerator<Finding> {
  for (const { transport, host, port } of config.sip.listeners) {
    yield await checkPort({ name: "sip", transport, host, port }, isRunning);
  }
  yield await checkPort({ name: "api", transport: "http", ...config.api }, isRunning);
}

interface Place {
  readonly name: string;
  readonly transport: string;
  readonly host: string;
  readonly port: number;
}

async function checkPort(place: Place, isRunning: boolean): Promise<Finding> {
  const { transport, host, port } = place;
  const check = `${place.name} ${transport} ${urlHost(host, host)}:${port}`;
  if (port === 0) return ok(check, "any free port will be taken");
  try {
    await (transport === "udp" ? bindUdp(host, port) : bindTcp(host, port));
  } catch (thrown) {
    return refused(check, place, isRunning, thrown);
  }
  if (!isRunning) return ok(check, "free");
  return warn(check, "free, although a voepy is running", "it was started with another configuration: restart it");
}

function refused(check: string, { transport, port }: Place, isRunning: boolean, thrown: unknown): Finding {
  const kind = transport === "udp" ? "-lunp" : "-ltnp";
  switch (codeOf(thrown)) {
    case "EADDRINUSE":
      if (isRunning) return ok(check, "in use by the running voepy");
      return fail(
        check,
        "taken by another program",
        `see which with: ss ${kind} 'sport = :${port}'; stop it, or set another port`,
      );
    case "EADDRNOTAVAIL":
      return fail(
        check,
        "this machine has no such address",
        "set one of its addresses (ip addr), or 0.0.0.0 for all; an address that a NAT has goes to public_address",
      );
    case "EACCES":
      return fail(
        check,
        "not allowed",
        "a port below 1024 needs CAP_NET_BIND_SERVICE (setcap, AmbientCapabilities=); or set a higher one",
      );
    default:
      return fail(check, messageOf(thrown), "set an IP address of this machine and a free port");
  }
}

/** Binds and lets go again. Rejects with Node's error. */
export async function bindUdp(host: string, port: number): Promise<void> {
  const socket = createSocket({ type: host.includes(":") ? "udp6" : "udp4", reuseAddr: false });
  try {
    const bound = once(socket, "listening");
    socket.bind({ address: host, port, exclusive: true });
    await bound;
  } finally {
    socket.close();
  }
}

async function bindTcp(host: string, port: number): Promise<void> {
  const server = createServer();
  const bound = once(server, "listening");
  server.listen({ host, port, exclusive: true });
  await bound;
  await new Promise<void>((done) => server.close(() => done()));
}

/** Where a server of this configuration is reached from this machine. */
export function apiUrl({ api }: Config): string {
  return `http://${urlHost(api.host)}:${api.port}`;
}

/** As a URL has it; a wildcard is reached at loopback. */
function urlHost(host: string, wildcard = "127.0.0.1"): string {
  if (host === "0.0.0.0" || host === "::") return wildcard.includes(":") ? `[${wildcard}]` : wildcard;
  return host.includes(":") ? `[${host}]` : host;
}
