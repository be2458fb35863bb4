/** The SIP listeners of the configuration, as the SIP stack takes them. */
import { isIP } from "node:net";
import { resolve } from "node:path";
import type { Listener } from "@voepy/sip-stack";
import type { Config } from "./config-schema.ts";

/**
 * Paths are relative to the working directory, like every path of the configuration. `outside`: the public address as
 * far as it is known.
 */
export function sipListeners({ sip }: Config, outside: () => string | undefined): Listener[] {
  return sip.listeners.map(({ transport, host, port, cert, key }) => ({
    transport,
    host,
    port,
    advertisedAddress: () => ofSameFamily(outside(), host),
    cert: cert === undefined ? undefined : resolve(cert),
    key: key === undefined ? undefined : resolve(key),
  }));
}

/** An IPv4 address outside says nothing of how IPv6 listeners are reached. */
function ofSameFamily(address: string | undefined, host: string): string | undefined {
  return address !== undefined && (isIP(address) === 6) === host.includes(":") ? address : undefined;
}
