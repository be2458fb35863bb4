/**
 * Name resolution for connections to URLs from outside, to be given as `lookup` to whatever opens the socket (an HTTP
 * agent, a WebSocket): it fails when any address of the name is forbidden, and what it gives is what is connected to.
 */
import { type LookupAddress, lookup } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { callbackify } from "node:util";
import { judgeAddress } from "./address-judge.ts";
import { unreachableUrl } from "./check-url.ts";

export interface LookupOptions {
  readonly allowPrivate: boolean;
  /** Instead of the machine's resolver: the addresses of a name. */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
}

export function judgedLookup({ allowPrivate, resolve = systemResolve }: LookupOptions): LookupFunction {
  const judged = callbackify(async (host: string): Promise<LookupAddress[]> => {
    const addresses = await resolve(host).catch((error: unknown) => {
      throw unreachableUrl(`host ${host} could not be resolved`, error);
    });
    if (addresses.length === 0) throw unreachableUrl(`host ${host} has no address`);
    return addresses.map((address) => {
      const refusal = judgeAddress(address, allowPrivate);
      if (refusal) throw unreachableUrl(`host ${host}: address ${address} ${refusal}`);
      return { address, family: isIP(address) };
    });
  });
  return (host, want, done) =>
    judged(host, (error, found) => {
      const first = found?.[0];
      if (error || !first) done(error, "");
      else if (want.all) done(null, found);
      else done(null, first.address, first.family);
    });
}

function systemResolve(host: string): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    lookup(host, { all: true }, (error, found) => {
      if (error) reject(error);
      else resolve(found.map((entry) => entry.address));
    });
  });
}
