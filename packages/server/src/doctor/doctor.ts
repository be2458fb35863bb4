/** `voepy doctor`: looks at everything a server needs, without being one. Findings come as they are found. */
import { type Clock, type Random, systemClock, systemRandom } from "@voepy/base";
import { ConfigError } from "../config.ts";
import type { Config } from "../config-schema.ts";
import { stunClient } from "../io/stun.ts";
import { notCarriedOut } from "../pending.ts";
import { loadConfig } from "../run.ts";
import { checkAddresses } from "./addresses.ts";
import { checkCertificates } from "./certificates.ts";
import { checkDisk } from "./disk.ts";
import { type Finding, fail, ok, warn } from "./finding.ts";
import { checkGateways } from "./gateways.ts";
import { checkListeners, isVoepyRunning } from "./listeners.ts";
import { checkMachine } from "./machine.ts";
import { checkMediaPorts } from "./media-ports.ts";
import { checkRegistrations } from "./registrations.ts";
import { checkSpeech } from "./speech.ts";

export async function* examine(
  file: string | undefined,
  machine: { clock: Clock; random: Random } = { clock: systemClock, random: systemRandom },
): AsyncGenerator<Finding> {
  let config: Config;
  try {
    config = loadConfig(file);
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown;
    for (const problem of thrown.problems) yield fail("config", problem, "correct it; nothing else was looked at");
    return;
  }
  yield ok("config", file ?? "none given: the defaults");
  for (const key of notCarriedOut(config))
    yield warn("config", `${key}: not carried out by this version`, "it is read and checked, and has no effect yet");
  const isRunning = await isVoepyRunning(config);
  yield ok("server", isRunning ? "a voepy of this configuration is running" : "not running");
  yield* checkListeners(config, isRunning);
  yield* checkCertificates(config, machine);
  yield* checkMediaPorts(config, isRunning);
  yield* checkAddresses(config, stunClient(machine.clock, machine.random));
  yield* checkDisk(config);
  yield* checkMachine(config, machine);
  yield* checkSpeech(config, machine);
  yield* checkGateways(config, machine);
  yield* checkRegistrations(config, isRunning, process.env["VOEPY_API_KEY"]);
}
