/** The built-in far end: started on loopback with its own media, known to routing as a route that all tenants share. */
import { readFile } from "node:fs/promises";
import type { SandboxCalls } from "@voepy/api";
import { CodedError, type Log } from "@voepy/base";
import { makeMediaPool } from "@voepy/media-engine";
import { type Directory, SHARED } from "@voepy/policy";
import { makeSandbox, type Sandbox } from "@voepy/sandbox";
import type { RouteRecord } from "@voepy/store";
import type { Outside } from "./outside.ts";

const SANDBOX_ROUTE = "voepy_route_sandbox";
/** Away from the server's own media ports. */
const SANDBOX_PORTS = { first: 10_000, last: 16_382 };
const AUDIO = new URL("../../../fixtures/audio/", import.meta.url);

export async function startSandbox(outside: Outside, log: Log): Promise<Sandbox> {
  const { clock, random } = outside;
  const { host, media, sip } = outside.sandbox;
  return makeSandbox({
    ...sip,
    host,
    media: await makeMediaPool({ ...media, address: host, ports: SANDBOX_PORTS, clock, random, log }),
    clock,
    random,
    log: log.with({ part: "sandbox" }),
    audio: (name) => readFile(new URL(`${name}.wav`, AUDIO)),
  });
}

export function sandboxRoute(address: { host: string; port: number }): RouteRecord {
  return {
    id: SANDBOX_ROUTE,
    tenantId: SHARED,
    direction: "both",
    gateways: [{ ...address, transport: "udp", priority: 1, weight: 1 }],
    auth: { mode: "none" },
    allowedSourceCidrs: [],
    codecs: ["PCMU", "PCMA"],
  };
}

/** `POST /v1/sandbox/calls`: only to numbers of the tenant that asks. */
export function sandboxCalls(
  sandbox: Sandbox,
  directory: () => Directory,
  target: () => { host: string; port: number },
): SandboxCalls {
  return {
    async place(tenantId, call) {
      if (directory().number(call.to)?.tenantId !== tenantId) {
        throw new CodedError("not_found", `${call.to} is not one of your numbers`, { param: "to" });
      }
      return sandbox.place({ ...call, target: target() });
    },
  };
}
