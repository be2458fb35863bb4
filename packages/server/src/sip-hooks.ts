/** The two questions the SIP stack asks: may this source speak, and what is this user's password. */
import { networkInterfaces } from "node:os";
import { type Directory, screen } from "@voepy/policy";
import { parseUri, type UserAgentHooks, unescapeUser } from "@voepy/sip-stack";
import type { Config } from "./config-schema.ts";

/** `addressesOf`: what a gateway's host name is known to lead to. */
export function sipHooks(
  config: Config,
  directory: () => Directory,
  addressesOf: (host: string) => readonly string[],
): UserAgentHooks {
  const ownHosts = ownAddresses(config);
  return {
    screen(request) {
      const from = parseUri(request.from.uri);
      const dialled = parseUri(request.requestUri);
      return screen(directory(), {
        method: request.method,
        sourceAddress: request.source.address,
        sourcePort: request.source.port,
        fromUser: from?.kind === "sip" ? unescapeUser(from.user ?? "") : "",
        fromHost: from?.kind === "sip" ? from.host : "",
        hasCredentials: request.hasCredentials,
        dialled:
          dialled?.kind === "sip" ? unescapeUser(dialled.user ?? "") : dialled?.kind === "tel" ? dialled.number : "",
        ownHosts,
        domain: config.sip.domain,
        addressesOf,
      });
    },
    password: (username) => directory().user(username)?.password ?? directory().digestRoute(username)?.auth.password,
    // A user of that name comes first.
    peerOf: (username) =>
      directory().user(username) === undefined ? directory().digestRoute(username)?.id : undefined,
  };
}

/** What a phone may call us: the domain, our addresses, the public one. */
function ownAddresses(config: Config): ReadonlySet<string> {
  const interfaces = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return new Set([config.sip.domain, config.sip.public_address, ...interfaces.map(({ address }) => address)]);
}
