/** Do the gateways of the configuration's routes answer. */
import type { Clock, Random } from "@voepy/base";
import type { Config } from "../config-schema.ts";
import { type PingResult, type PingTarget, sipPing } from "../io/sip-ping.ts";
import { type Finding, fail, ok, warn } from "./finding.ts";

const WITHIN_MS = 3000;

/** All at once: many silent gateways take as long as one. */
export async function* checkGateways(
  config: Config,
  machine: { clock: Clock; random: Random },
): AsyncGenerator<Finding> {
  const pings = config.tenants.flatMap((tenant) =>
    tenant.routes.flatMap((route) =>
      route.gateways.map((gateway) => ({
        check: `route ${route.id} ${gateway.transport} ${gateway.host}:${gateway.port}`,
        result: ping(gateway, machine),
      })),
    ),
  );
  for (const { check, result } of pings) yield verdict(check, await result);
}

async function ping(gateway: PingTarget, machine: { clock: Clock; random: Random }): Promise<PingResult> {
  return sipPing(gateway, { ...machine, withinMs: WITHIN_MS });
}

export function verdict(check: string, result: PingResult): Finding {
  switch (result.type) {
    case "answered":
      return answered(check, result);
    case "silent":
      return fail(
        check,
        `no answer to OPTIONS within ${WITHIN_MS / 1000} s`,
        "is the address right, does a firewall drop SIP, does the carrier allow this machine's address? Some answer only their customers' calls",
      );
    case "failed":
      return fail(check, result.problem, adviceOn(result.code));
  }
}

function answered(check: string, { status, reason, rttMs }: PingResult & { type: "answered" }): Finding {
  const detail = `up, ${Math.max(1, Math.round(rttMs))} ms, answers ${status} ${reason}`.trim();
  if (status === 403)
    return warn(check, detail, "the carrier may not know this machine's address: check what it has on its list");
  if (status < 500) return ok(check, detail);
  return warn(
    check,
    detail,
    "it answers, but says it cannot serve: ask who runs it, or order another gateway before it",
  );
}

function adviceOn(code: string): string {
  switch (code) {
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return "the name does not resolve: check its spelling, and the name servers of this machine";
    case "ECONNREFUSED":
      return "the machine is there but nothing listens on that port and transport: check both";
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return "there is no route to that address from here: check the network of this machine";
    case "EOF":
    case "ECONNRESET":
      return "it may not know this machine's address, or speak another transport on that port";
    default:
      return "check address, port and transport of the gateway; for tls its certificate as well";
  }
}
