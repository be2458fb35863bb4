/** `voepy COMMAND`: each resolves with the exit status. */
import { parseArgs } from "node:util";
import { messageOf, systemClock } from "@voepy/base";
import { ConfigError, exampleNumber, loadConfig, runServer } from "@voepy/server";
import { runCall } from "./call.ts";
import { runDoctor } from "./doctor.ts";
import { runKeys } from "./keys.ts";

const USAGE = `usage: voepy COMMAND [--config FILE]

  start          run the server in the foreground
  check-config   read the configuration and say what is wrong with it
  doctor         look at ports, addresses, disk, database and gateways, and say what to do [--json]
  keys create    make an API key: --name NAME [--tenant ID] [--scopes calls:read,calls:write]
  call TO        place a call through the running server: [--from NUMBER] [--key KEY] [--api URL]
                 KEY is taken from VOEPY_API_KEY too; Ctrl-C hangs up
`;

const OPTIONS = {
  config: { type: "string", short: "c" },
  help: { type: "boolean", short: "h" },
  json: { type: "boolean" },
  name: { type: "string" },
  tenant: { type: "string" },
  scopes: { type: "string" },
  from: { type: "string" },
  key: { type: "string" },
  api: { type: "string" },
} as const;

/** Options beside `--config` and `--help`, by command. */
const TAKES: Readonly<Record<string, readonly string[]>> = {
  start: [],
  "check-config": [],
  doctor: ["json"],
  keys: ["name", "tenant", "scopes"],
  call: ["from", "key", "api"],
};

export async function runCommand(args: readonly string[]): Promise<number> {
  let parsed;
  try {
    parsed = parseArgs({ args: [...args], allowPositionals: true, options: OPTIONS });
  } catch (thrown) {
    return misused(messageOf(thrown));
  }
  const { values } = parsed;
  const [command = "", ...words] = parsed.positionals;
  if (values.help === true) {
    process.stdout.write(USAGE);
    return 0;
  }
  const takes = TAKES[command];
  if (takes === undefined) return misused(command === "" ? "no command" : `unknown command ${command}`);
  const stray = Object.keys(values).find((name) => name !== "config" && !takes.includes(name));
  if (stray !== undefined) return misused(`${command} takes no --${stray}`);
  const mostWords = command === "keys" || command === "call" ? 1 : 0;
  if (words.length > mostWords) return misused(`unexpected argument ${words[mostWords]}`);
  try {
    return await run(command, words, values);
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown;
    for (const problem of thrown.problems) process.stderr.write(`voepy: ${problem}\n`);
    return 2;
  }
}

interface Values {
  readonly config?: string;
  readonly json?: boolean;
  readonly name?: string;
  readonly tenant?: string;
  readonly scopes?: string;
  readonly from?: string;
  readonly key?: string;
  readonly api?: string;
}

function run(command: string, words: readonly string[], values: Values): Promise<number> {
  switch (command) {
    case "start":
      return runServer(values.config);
    case "doctor":
      return runDoctor(values.config, values.json === true, process.stdout);
    case "keys":
      return runKeys(words, values, process.stdout, process.stderr);
    case "call":
      return placeCall(words[0], values);
    default:
      return checkConfig(values.config);
  }
}

async function checkConfig(file: string | undefined): Promise<number> {
  loadConfig(file);
  process.stdout.write(`${file ?? "the default configuration"} is good\n`);
  return 0;
}

async function placeCall(to: string | undefined, values: Values): Promise<number> {
  if (to === undefined) return misused("call whom: voepy call TO");
  const config = loadConfig(values.config);
  const key = values.key ?? process.env["VOEPY_API_KEY"] ?? config.tenants[0]?.api_keys[0]?.key;
  if (key === undefined) return misused("an API key is needed: --key, or VOEPY_API_KEY (voepy keys create makes one)");
  const { host, port } = config.api;
  const api = values.api ?? `http://${host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host}:${port}`;
  return runCall(
    { to, from: values.from ?? exampleNumber(config), key, api },
    { clock: systemClock, out: process.stdout, err: process.stderr, fetch, onInterrupt },
  );
}

/** The first Ctrl-C hangs up; the second leaves at once, as ever. */
function onInterrupt(hangUp: () => void): () => void {
  process.once("SIGINT", hangUp);
  return () => process.off("SIGINT", hangUp);
}

function misused(why: string): number {
  process.stderr.write(`voepy: ${why}\n${USAGE}`);
  return 2;
}
