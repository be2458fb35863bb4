/** What address the outside is told, and whether it can be reached there. */
import { isIP } from "node:net";
import { networkInterfaces } from "node:os";
import { judgeAddress } from "@voepy/base";
import type { Config } from "../config-schema.ts";
import { type Finding, ok, warn } from "./finding.ts";

export function* checkAddresses(config: Config): Generator<Finding> {
  const own = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .map(({ address }) => address);
  yield publicAddress("sip.public_address", config.sip.public_address, {
    bound: config.sip.listeners.map(({ host }) => host),
    own,
  });
  yield publicAddress("media.public_address", config.media.public_address, { bound: [config.media.address], own });
}

/** `bound`: what sockets listen on; `own`: addresses of the machine. */
export function publicAddress(
  key: string,
  configured: string,
  { bound, own }: { bound: readonly string[]; own: readonly string[] },
): Finding {
  if (isIP(configured) !== 0) {
    if (own.includes(configured)) return ok(key, `${configured}, an address of this machine`);
    return ok(key, `${configured}, not of this machine: the NAT that has it must forward the ports to here`);
  }
  if (configured.startsWith("stun:"))
    return warn(key, `${configured} is not carried out by this version`, "set the public address itself");
  const isWildcard = bound.some((host) => host === "0.0.0.0" || host === "::");
  const reachable = isWildcard ? own : bound;
  const outside = reachable.filter((address) => judgeAddress(address, false) === undefined);
  if (outside.length > 0) return ok(key, `auto: ${outside.join(", ")}`);
  const inside = reachable.filter((address) => !isLoopback(address) && !address.toLowerCase().startsWith("fe80"));
  if (inside.length === 0) return ok(key, "auto: loopback only, for programs on this machine");
  return warn(
    key,
    `auto: only private addresses (${inside.join(", ")})`,
    `behind NAT: set ${key} to the public address and forward the ports; fine as it is when all peers are on this network`,
  );
}

function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1";
}
