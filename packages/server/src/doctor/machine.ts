/** What the machine gives: ffmpeg, system calls for media, open files, socket buffers. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { type Clock, messageOf, type Random, silentLog } from "@voepy/base";
import { makeMediaPool } from "@voepy/media-engine";
import type { Config } from "../config-schema.ts";
import { codeOf, type Finding, fail, ok, warn } from "./finding.ts";
import { readNumbers, readText } from "./media-ports.ts";

const FFMPEG_WITHIN_MS = 5000;
/** A call of two legs: two media sockets and a recording. */
const FILES_PER_CALL = 3;
/** Listeners, database, webhooks, HTTP. */
const OTHER_FILES = 500;
/** What a SIP socket asks for, so that a burst waits in the kernel. */
const SOCKET_BUFFER_BYTES = 4 * 1024 * 1024;

export async function* checkMachine(
  config: Config,
  { clock, random }: { clock: Clock; random: Random },
): AsyncGenerator<Finding> {
  yield await checkFfmpeg();
  yield await checkIo(config, { clock, random });
  yield* checkOpenFiles(config.limits.max_calls);
  yield* checkBuffers();
}

async function checkFfmpeg(): Promise<Finding> {
  try {
    const { stdout } = await promisify(execFile)("ffmpeg", ["-hide_banner", "-version"], { timeout: FFMPEG_WITHIN_MS });
    return ok("ffmpeg", (/^ffmpeg version (\S+)/.exec(stdout)?.[1] ?? stdout.split("\n", 1)[0] ?? "").slice(0, 80));
  } catch (thrown) {
    const why = codeOf(thrown) === "ENOENT" ? "not found on PATH" : `does not run: ${messageOf(thrown)}`;
    return warn("ffmpeg", why, "install ffmpeg: without it only wav files can be played");
  }
}

/** Starts media with one thread, which loads the system calls for real. */
async function checkIo(
  { media: { io } }: Config,
  { clock, random }: { clock: Clock; random: Random },
): Promise<Finding> {
  if (io === "dgram") return ok("media io", "node:dgram, as configured");
  try {
    const pool = await makeMediaPool({
      address: "127.0.0.1",
      ports: { first: 1024, last: 65535 },
      workers: 1,
      io: "syscall",
      clock,
      random,
      log: silentLog,
    });
    await pool.close();
    return ok("media io", "system calls");
  } catch (thrown) {
    const detail = `system calls cannot be used: ${messageOf(thrown)}`;
    const advice =
      "they need Linux on x64 or arm64 with glibc, and the optional package koffi; node:dgram takes twice the CPU";
    return io === "syscall" ? fail("media io", detail, advice) : warn("media io", detail, advice);
  }
}

function* checkOpenFiles(maxCalls: number): Generator<Finding> {
  // Node raises its soft limit to the hard one when it starts, so this is what the server gets from the same shell.
  const limit = /^Max open files\s+(\S+)/m.exec(readText("/proc/self/limits") ?? "")?.[1];
  if (limit === undefined) return;
  const wanted = maxCalls * FILES_PER_CALL + OTHER_FILES;
  if (limit === "unlimited" || Number(limit) >= wanted) yield ok("open files", `limit ${limit}, ${wanted} wanted`);
  else {
    yield warn(
      "open files",
      `limit ${limit}, limits.max_calls ${maxCalls} may need ${wanted}`,
      `raise it (LimitNOFILE=${wanted} in a systemd unit, ulimit -n ${wanted} in a shell), or lower limits.max_calls`,
    );
  }
}

function* checkBuffers(): Generator<Finding> {
  const [most] = readNumbers("/proc/sys/net/core/rmem_max") ?? [];
  if (most === undefined) return;
  if (most >= SOCKET_BUFFER_BYTES) yield ok("udp receive buffer", `net.core.rmem_max is ${most}`);
  else {
    yield warn(
      "udp receive buffer",
      `net.core.rmem_max is ${most}: bursts of SIP may be lost`,
      `sysctl -w net.core.rmem_max=${SOCKET_BUFFER_BYTES} (and in /etc/sysctl.d to keep it)`,
    );
  }
}
