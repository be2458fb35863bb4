/** Child processes of the interop tests: their output kept, their end awaited, none left behind. */
import { type ChildProcess, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { delimiter, join } from "node:path";

export interface Child {
  readonly pid: number;
  /** Both streams, as they came. */
  output(): string;
  /** Exit status or signal; undefined while it runs. */
  status(): number | NodeJS.Signals | undefined;
  /** Resolves with the exit status, or the name of the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  /** Sends a signal (default SIGKILL) and waits for the end. */
  stop(signal?: NodeJS.Signals): Promise<number | NodeJS.Signals>;
}

const alive = new Set<ChildProcess>();
// A test run that is itself ended takes its children with it.
process.once("exit", () => {
  for (const child of alive) child.kill("SIGKILL");
});

export interface ChildOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

export function startChild(command: string, args: readonly string[], options: ChildOptions = {}): Child {
  const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  let status: number | NodeJS.Signals | undefined;
  child.stdout.on("data", (data: Buffer) => (output += data.toString()));
  child.stderr.on("data", (data: Buffer) => (output += data.toString()));
  alive.add(child);
  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once("error", (error) => {
      output += error.message;
      resolve(127);
    });
    child.once("close", (code, signal) => resolve(code ?? signal ?? 1));
  }).then((end) => {
    alive.delete(child);
    status = end;
    return end;
  });
  return {
    pid: child.pid ?? 0,
    output: () => output,
    status: () => status,
    ended,
    stop(signal = "SIGKILL") {
      if (alive.has(child)) child.kill(signal);
      return ended;
    },
  };
}

/** Polls until `find` gives something, and returns it; throws with `what` and the last word of `explain` when time is up. */
export async function until<T>(
  what: string,
  find: () => Promise<T | undefined> | T | undefined,
  { limitMs = 15_000, explain }: { limitMs?: number; explain?: () => string } = {},
): Promise<T> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const found = await find();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error(`${what}: not within ${limitMs} ms\n${explain?.() ?? ""}`);
    await sleep(40);
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

export function hasCommand(command: string): boolean {
  return (process.env.PATH ?? "").split(delimiter).some((folder) => existsSync(join(folder, command)));
}

/**
 * Below what the system gives to outgoing connections (32768 and up), above the sandbox's media: nobody takes a port of
 * these between our look and the peer's bind. Peers take a few neighbours too (TLS beside SIP, a range for RTP).
 */
const PORTS = { first: 17_000, last: 31_000, stride: 32 };
const SLOTS = (PORTS.last - PORTS.first) / PORTS.stride;
let nextSlot = Math.floor(Math.random() * SLOTS);

/** A port of loopback that is free for UDP and TCP alike, its neighbours with it. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = PORTS.first + PORTS.stride * (nextSlot++ % Math.floor(SLOTS));
    if ((await isFree(port)) && (await isFree(port + 1))) return port;
  }
}

export async function isFree(port: number): Promise<boolean> {
  return (await bindTcp(port)) !== undefined && (await bindUdp(port));
}

/** Binds and lets go again; undefined when the port is taken. */
function bindTcp(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer().once("error", () => resolve(undefined));
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : undefined));
    });
  });
}

function bindUdp(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket("udp4").once("error", () => resolve(false));
    socket.bind(port, "127.0.0.1", () => socket.close(() => resolve(true)));
  });
}
