/** The port range of media: its address, who else sits in it, whether it is large enough. */
import { readFileSync } from "node:fs";
import { messageOf } from "@voepy/base";
import type { Config } from "../config-schema.ts";
import { codeOf, type Finding, fail, ok, warn } from "./finding.ts";
import { bindUdp } from "./listeners.ts";

/** An inbound call that is transferred has two. */
const LEGS_PER_CALL = 2;
/** Ports tried where the system does not list what is in use. */
const SAMPLES = 64;

export async function* checkMediaPorts(config: Config, isRunning: boolean): AsyncGenerator<Finding> {
  const { address, ports } = config.media;
  const check = `media udp ${address}:${ports.first}-${ports.last}`;
  try {
    await bindUdp(address, 0);
  } catch (thrown) {
    const isForeign = codeOf(thrown) === "EADDRNOTAVAIL";
    yield fail(
      check,
      isForeign ? "this machine has no such address" : messageOf(thrown),
      "set media.address to one of its addresses, or 0.0.0.0; an address that a NAT has goes to media.public_address",
    );
    return;
  }
  const even = evenPorts(ports);
  const taken = await takenOf(even, address);
  yield verdict(check, { all: even.length, taken: taken.length, first: taken[0] }, isRunning);
  yield* checkRoom(config, even.length);
}

function verdict(check: string, count: { all: number; taken: number; first: number | undefined }, isRunning: boolean) {
  if (count.taken === 0) return ok(check, `${count.all} ports for legs, all free`);
  const detail = `${count.taken} of ${count.all} ports for legs are in use`;
  if (isRunning && count.taken < count.all) return ok(check, `${detail}, by the running voepy among others`);
  const advice = `see by whom with: ss -lunp 'sport = :${count.first}'; or set another range in media.ports`;
  return count.taken === count.all ? fail(check, detail, advice) : warn(check, detail, advice);
}

function* checkRoom({ media: { ports }, limits: { max_calls: maxCalls } }: Config, room: number): Generator<Finding> {
  const wanted = maxCalls * LEGS_PER_CALL;
  if (room < wanted) {
    yield warn(
      "media ports for limits.max_calls",
      `${room} ports for legs, ${maxCalls} calls of two legs need ${wanted}`,
      `widen media.ports, or set limits.max_calls to ${Math.floor(room / LEGS_PER_CALL)}`,
    );
  }
  const ephemeral = readNumbers("/proc/sys/net/ipv4/ip_local_port_range");
  const [low, high] = ephemeral ?? [];
  if (low === undefined || high === undefined || low > ports.last || high < ports.first) return;
  yield warn(
    "media ports and outgoing connections",
    `the system gives out ports ${low}-${high} to any program, which overlaps ${ports.first}-${ports.last}`,
    "set media.ports outside of it, or move it: sysctl -w net.ipv4.ip_local_port_range",
  );
}

function evenPorts({ first, last }: { first: number; last: number }): number[] {
  const even: number[] = [];
  for (let port = first + (first % 2); port <= last; port += 2) even.push(port);
  return even;
}

/** Those of `ports` that somebody has bound: all where the kernel lists them, else of a sample. */
async function takenOf(ports: readonly number[], address: string): Promise<number[]> {
  const listed = boundUdpPorts();
  if (listed !== undefined) return ports.filter((port) => listed.has(port));
  const step = Math.max(1, Math.floor(ports.length / SAMPLES));
  const taken: number[] = [];
  for (const port of ports.filter((_, index) => index % step === 0)) {
    await bindUdp(address, port).catch(() => taken.push(port));
  }
  return taken;
}

/** undefined where there is no /proc. A line: `  12: 0100007F:1F90 00000000:0000 07 …`. */
function boundUdpPorts(): Set<number> | undefined {
  const ports = new Set<number>();
  for (const file of ["/proc/net/udp", "/proc/net/udp6"]) {
    const text = readText(file);
    if (text === undefined && file === "/proc/net/udp") return undefined;
    for (const [, port = "0"] of (text ?? "").matchAll(/^\s*\d+: [0-9A-F]+:([0-9A-F]{4}) /gim)) {
      ports.add(Number.parseInt(port, 16));
    }
  }
  return ports;
}

export function readNumbers(file: string): number[] | undefined {
  return readText(file)?.trim().split(/\s+/).map(Number);
}

/** undefined for a file that is not there, as most of /proc outside of Linux. */
export function readText(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (thrown) {
    if (codeOf(thrown) !== "") return undefined;
    throw thrown;
  }
}
