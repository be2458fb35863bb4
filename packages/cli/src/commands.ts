/** `voepy COMMAND`: each resolves with the exit status. */
import { parseArgs } from "node:util";
import { messageOf } from "@voepy/base";
import { ConfigError, loadConfig, runServer } from "@voepy/server";

const USAGE = `usage: voepy COMMAND [--config FILE]

  start          run the server in the foreground
  check-config   read the configuration and say what is wrong with it
`;

export async function runCommand(args: readonly string[]): Promise<number> {
  let parsed;
  try {
    parsed = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { config: { type: "string", short: "c" }, help: { type: "boolean", short: "h" } },
    });
  } catch (thrown) {
    process.stderr.write(`voepy: ${messageOf(thrown)}\n${USAGE}`);
    return 2;
  }
  const [command, ...rest] = parsed.positionals;
  if (parsed.values.help === true) {
    process.stdout.write(USAGE);
    return 0;
  }
  if (rest.length > 0) {
    process.stderr.write(`voepy: unexpected argument ${rest[0]}\n${USAGE}`);
    return 2;
  }
  switch (command) {
    case "start":
      return runServer(parsed.values.config);
    case "check-config":
      return checkConfig(parsed.values.config);
    default:
      process.stderr.write(`voepy: ${command === undefined ? "no command" : `unknown command ${command}`}\n${USAGE}`);
      return 2;
  }
}

function checkConfig(file: string | undefined): number {
  try {
    loadConfig(file);
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown;
    for (const problem of thrown.problems) process.stderr.write(`voepy: ${problem}\n`);
    return 2;
  }
  process.stdout.write(`${file ?? "the default configuration"} is good\n`);
  return 0;
}
