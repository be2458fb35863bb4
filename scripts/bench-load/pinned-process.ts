/** A process on one core, in a session of its own with a high share of CPU, as a server to be measured should run. */
import { type ChildProcess, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";

export interface PinnedProcess {
  readonly pid: number;
  stop(): Promise<void>;
}

export interface PinnedOptions {
  readonly core: number;
  readonly command: string;
  readonly args: readonly string[];
  /** Output that says it is ready. */
  readonly readyText: string;
  readonly readyWithinMs: number;
}

/** Starts the process and waits until it says it is ready. Throws with its output when it does not. */
export function startPinned(options: PinnedOptions): Promise<PinnedProcess> {
  const { core, command, args, readyText, readyWithinMs } = options;
  // nice and taskset give way to the command (exec): the child's pid is the server's. Without the right, nice only warns.
  const child = spawn("nice", ["-n", "-15", "taskset", "-c", String(core), command, ...args], {
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const endNow = (): void => void (child.exitCode === null && child.kill("SIGKILL"));
  process.once("exit", endNow);
  return new Promise((resolve, reject) => {
    let output = "";
    const fail = (why: string): void => {
      endNow();
      reject(new Error(`${command} ${args.join(" ")}: ${why}\n${output}`));
    };
    const limit = setTimeout(() => fail(`not ready after ${readyWithinMs / 1000} s`), readyWithinMs);
    const read = (data: Buffer): void => {
      output = (output + data.toString()).slice(-20_000);
      if (!output.includes(readyText) || child.pid === undefined) return;
      clearTimeout(limit);
      raiseSession(child.pid);
      resolve({ pid: child.pid, stop: () => stop(child).finally(() => process.off("exit", endNow)) });
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.once("error", (error) => fail(error.message));
    child.once("exit", (code) => {
      clearTimeout(limit);
      fail(`ended with status ${code} before it was ready`);
    });
  });
}

/** With session autogrouping on, `nice` counts only inside a session: the session itself has to be raised. */
function raiseSession(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/autogroup`, "-15");
  } catch (error) {
    console.error(
      `(the server's session keeps its ordinary weight: ${error instanceof Error ? error.message : error})`,
    );
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  const limit = setTimeout(() => child.kill("SIGKILL"), 5000);
  await gone;
  clearTimeout(limit);
}

/** A UDP port of loopback that was free a moment ago. */
export function freeUdpPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = createSocket("udp4");
    socket.once("error", reject);
    socket.bind(0, "127.0.0.1", () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });
}

/** A TCP port of loopback that was free a moment ago. */
export function freeTcpPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
