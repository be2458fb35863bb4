/** What location asks of DNS, and the machine's own answers: its hosts file, then its name servers. */
import { lookup, Resolver } from "node:dns/promises";
import { readFile } from "node:fs/promises";
import { isIpv4, isIpv6 } from "../message/ip.ts";

export interface NaptrRecord {
  readonly order: number;
  readonly preference: number;
  /** "s", "a", "u", … */
  readonly flags: string;
  /** "SIP+D2U", … */
  readonly service: string;
  readonly replacement: string;
}

export interface SrvRecord {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  /** "." or "": the service is not there (RFC 2782). */
  readonly name: string;
}

export interface DnsAnswer<T> {
  /** Empty: the name or that type of it does not exist. */
  readonly records: readonly T[];
  /** How long it may be kept, s; undefined: not known. */
  readonly ttlS: number | undefined;
}

/** Rejects when there was no answer: servers silent or out of order. */
export interface Dns {
  naptr(name: string): Promise<DnsAnswer<NaptrRecord>>;
  srv(name: string): Promise<DnsAnswer<SrvRecord>>;
  /** Literal addresses of that family. */
  addresses(name: string, family: 4 | 6): Promise<DnsAnswer<string>>;
}

const HOSTS_FILE = "/etc/hosts";
/** Of one try; a lost packet is asked again once. */
const TRY_MS = 900;

/** `servers`: instead of those of the machine, as `address` or `address:port`. */
export function systemDns(servers?: readonly string[]): Dns {
  const resolver = new Resolver({ timeout: TRY_MS, tries: 2 });
  if (servers !== undefined) resolver.setServers(servers);
  return {
    naptr: (name) => existing(resolver.resolveNaptr(name)),
    srv: (name) => existing(resolver.resolveSrv(name)),
    async addresses(name, family) {
      const local = await fromHostsFile(name, family);
      if (local.length > 0) return { records: local, ttlS: undefined };
      // A name without dots means something only to this machine: search domains and the like are its own affair.
      if (!name.includes(".")) return fromSystem(name, family);
      const asked = family === 4 ? resolver.resolve4(name, { ttl: true }) : resolver.resolve6(name, { ttl: true });
      const { records } = await existing(asked);
      const ttlS = records.length === 0 ? undefined : Math.min(...records.map(({ ttl }) => ttl));
      return { records: records.map(({ address }) => address), ttlS };
    },
  };
}

/** Not there is an answer too; anything else is none. */
async function existing<T>(asked: Promise<readonly T[]>): Promise<DnsAnswer<T>> {
  try {
    return { records: await asked, ttlS: undefined };
  } catch (thrown) {
    const code = thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
    if (code === "ENOTFOUND" || code === "ENODATA" || code === "EBADNAME") return { records: [], ttlS: undefined };
    throw thrown;
  }
}

async function fromSystem(name: string, family: 4 | 6): Promise<DnsAnswer<string>> {
  const found = await existing(lookup(name, { all: true, family }));
  return { records: found.records.map(({ address }) => address), ttlS: undefined };
}

async function fromHostsFile(name: string, family: 4 | 6): Promise<string[]> {
  let text: string;
  try {
    text = await readFile(HOSTS_FILE, "utf8");
  } catch (thrown) {
    // Not every system has one.
    if (thrown instanceof Error) return [];
    throw thrown;
  }
  return hostsEntries(text, name).filter((address) => (family === 4 ? isIpv4(address) : isIpv6(address)));
}

/** hosts(5): an address, then its names; `#` begins a comment. */
export function hostsEntries(text: string, name: string): string[] {
  const wanted = name.toLowerCase();
  return text.split("\n").flatMap((line) => {
    const [address = "", ...names] = line.replace(/#.*/, "").trim().split(/\s+/);
    return names.some((one) => one.toLowerCase() === wanted) ? [address] : [];
  });
}
