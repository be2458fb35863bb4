/** One server process, from the command line to its exit status: 0 after a drain, 2 for a bad config, 1 for anything else. */
import { readFileSync } from "node:fs";
import type { Listening } from "@voepy/api";
import { type Log, makeLog, messageOf } from "@voepy/base";
import { ConfigError, parseConfig } from "./config.ts";
import type { Config } from "./config-schema.ts";
import { realOutside } from "./outside.ts";
import { notCarriedOut } from "./pending.ts";
import { type Server, startServer } from "./wire.ts";

/** Throws ConfigError, also for a file that cannot be read. Without a file: the defaults. */
export function loadConfig(file: string | undefined): Config {
  if (file === undefined) return parseConfig("", "defaults", process.env);
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (thrown) {
    throw new ConfigError([`${file}: cannot be read: ${messageOf(thrown)}`]);
  }
  return parseConfig(text, file, process.env);
}

/** Runs until a signal; resolves with the exit status. */
export async function runServer(file: string | undefined): Promise<number> {
  let config: Config;
  try {
    config = loadConfig(file);
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown;
    for (const problem of thrown.problems) process.stderr.write(`voepy: ${problem}\n`);
    return 2;
  }
  const log = makeLog(config.log);
  watchForBugs(log);
  for (const key of notCarriedOut(config)) log.warn("setting is not carried out by this version", { key });
  let server: Server;
  let listening: Listening;
  try {
    server = await startServer(config, log, realOutside(config));
    listening = await server.api.listen({ host: config.api.host, port: config.api.port });
  } catch (thrown) {
    log.error("voepy cannot start", { why: messageOf(thrown) });
    process.stderr.write(`voepy: cannot start: ${messageOf(thrown)}\n`);
    return 1;
  }
  process.stdout.write(greeting(config, server, listening.port));
  return untilStopped({ config, server, listening, log });
}

function greeting(config: Config, server: Server, apiPort: number): string {
  const lines: string[] = [];
  if (server.first !== undefined) {
    lines.push("", "First start: these are shown once.", `  API key    ${server.first.apiKey}`);
    for (const phone of server.first.phones) {
      lines.push(`  softphone  ${phone.username}  password ${phone.password}  number ${phone.number}`);
    }
  }
  const host = config.api.host === "0.0.0.0" || config.api.host === "::" ? "127.0.0.1" : config.api.host;
  const api = `http://${host}:${apiPort}`;
  const sip = server.sipListeners.map(({ transport, host, port }) => `${transport} ${host}:${port}`).join(", ");
  lines.push("", `voepy ready: API ${api}, SIP ${sip}`);
  if (server.exampleFrom !== undefined) {
    const key = server.first?.apiKey ?? "$VOEPY_API_KEY";
    const body = JSON.stringify({ from: server.exampleFrom, to: "+15005550001" });
    lines.push(
      `curl -X POST ${api}/v1/calls -H "Authorization: Bearer ${key}" -H "Content-Type: application/json" -d '${body}'`,
    );
  }
  return `${lines.join("\n")}\n\n`;
}

/** First SIGTERM or SIGINT drains, the second ends at once. */
function untilStopped(run: { config: Config; server: Server; listening: Listening; log: Log }): Promise<number> {
  const { config, server, listening, log } = run;
  return new Promise((resolve) => {
    let isStopping = false;
    const stop = (signal: NodeJS.Signals): void => {
      if (isStopping) {
        process.exit(1);
      }
      isStopping = true;
      log.info("draining", { signal, seconds: config.drain_secs });
      server
        .drain(config.drain_secs * 1000)
        .then(() => listening.close())
        .then(() => server.close())
        .then(
          () => resolve(0),
          (thrown: unknown) => {
            log.error("did not stop in order", { why: messageOf(thrown) });
            resolve(1);
          },
        );
    };
    process.on("SIGTERM", stop);
    process.on("SIGINT", stop);
  });
}

/** A rejection nobody handled is a bug of ours: it is told, and live calls go on. */
function watchForBugs(log: Log): void {
  process.on("unhandledRejection", (reason) => log.error("unhandled rejection", { error: reason }));
}
