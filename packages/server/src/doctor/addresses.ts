/** What address the outside is told, and whether it can be reached there. */
import { isIP } from "node:net";
import { networkInterfaces } from "node:os";
import { judgeAddress, messageOf } from "@voepy/base";
import type { Config } from "../config-schema.ts";
import type { AskStun, StunServer } from "../io/stun.ts";
import { stunServerOf } from "../public-address.ts";
import { type Finding, fail, ok, warn } from "./finding.ts";

export async function* checkAddresses(config: Config, ask: AskStun): AsyncGenerator<Finding> {
  const own = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .map(({ address }) => address);
  const places = [
    {
      key: "sip.public_address",
      configured: config.sip.public_address,
      bound: config.sip.listeners.map(({ host }) => host),
    },
    { key: "media.public_address", configured: config.media.public_address, bound: [config.media.address] },
  ];
  // Asked for both at once: a server that says nothing is waited for once.
  const found = places.map(async ({ key, configured, bound }) => {
    const server = stunServerOf(configured);
    return server === undefined
      ? publicAddress(key, configured, { bound, own })
      : byStun({ key, configured, server }, { ask, own });
  });
  for (const finding of found) yield await finding;
}

async function byStun(
  { key, configured, server }: { key: string; configured: string; server: StunServer },
  { ask, own }: { ask: AskStun; own: readonly string[] },
): Promise<Finding> {
  try {
    const address = await ask(server);
    const where = own.includes(address)
      ? "an address of this machine"
      : "of a NAT, which must forward the ports to here";
    return ok(key, `${configured} says ${address}, ${where}`);
  } catch (thrown) {
    return fail(key, messageOf(thrown), `check the server and that UDP may leave; or set ${key} to the public address`);
  }
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
