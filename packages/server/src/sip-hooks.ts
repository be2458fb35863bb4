/** The two questions the SIP stack asks: may this source speak, and what is this user's password. */
import { networkInterfaces } from "node:os";
import { type Directory, screen } from "@voepy/policy";
import { parseUri, type UserAgentHooks, unescapeUser } from "@voepy/sip-stack";
import type { Config } from "./config-schema.ts";

/** What the answers depend on, as it is at the moment. */
export interface HookFacts {
  directory(): Directory;
  /** What a gateway's host name is known to lead to. */
  addressesOf(host: string): readonly string[];
  publicAddress(): string | undefined;
}

export function sipHooks(config: Config, facts: HookFacts): UserAgentHooks {
  const ownHosts = ownAddresses(config);
  const directory = (): Directory => facts.directory();
  return {
    screen(request) {
      const outside = facts.publicAddress();
      if (outside !== undefined) ownHosts.add(outside);
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
        addressesOf: (host) => facts.addressesOf(host),
      });
    },
    password: (username) => directory().user(username)?.password ?? directory().digestRoute(username)?.auth.password,
    // A user of that name comes first.
    peerOf: (username) =>
      directory().user(username) === undefined ? directory().digestRoute(username)?.id : undefined,
  };
}

/** What a phone may call us: the domain and our addresses. */
function ownAddresses(config: Config): Set<string> {
  const interfaces = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return new Set([config.sip.domain, ...interfaces.map(({ address }) => address)]);
}
