/** The SIP listeners of the configuration, as the SIP stack takes them. */
import { isIP } from "node:net";
import { resolve } from "node:path";
import type { Listener } from "@voepy/sip-stack";
import type { Config } from "./config-schema.ts";

/** Paths are relative to the working directory, like every path of the configuration. */
export function sipListeners({ sip }: Config): Listener[] {
  return sip.listeners.map(({ transport, host, port, cert, key }) => ({
    transport,
    host,
    port,
    advertisedAddress: ofSameFamily(sip.public_address, host) ? sip.public_address : undefined,
    cert: cert === undefined ? undefined : resolve(cert),
    key: key === undefined ? undefined : resolve(key),
  }));
}

/** An IPv4 address outside says nothing of how IPv6 listeners are reached. */
function ofSameFamily(address: string, host: string): boolean {
  const family = isIP(address);
  return family !== 0 && (family === 6) === host.includes(":");
}
