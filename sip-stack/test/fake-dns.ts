/** Name servers by hand: what they know, by type and name, and what they were asked. */
import type { Dns, DnsAnswer, NaptrRecord, SrvRecord } from "../src/io/dns.ts";

/** `naptr example.com`, `srv _sip._udp.example.com`, `4 a.example.com`, `6 a.example.com`; an Error: no answer. */
export type Zone = Readonly<
  Record<string, readonly string[] | readonly NaptrRecord[] | readonly SrvRecord[] | Error | Promise<never>>
>;

export interface FakeDns extends Dns {
  readonly asked: string[];
  zone: Zone;
  ttlS: number | undefined;
}

export function fakeDns(zone: Zone): FakeDns {
  const dns: FakeDns = {
    asked: [],
    zone,
    ttlS: undefined,
    naptr: (name) => answer<NaptrRecord>(`naptr ${name}`),
    srv: (name) => answer<SrvRecord>(`srv ${name}`),
    addresses: (name, family) => answer<string>(`${family} ${name}`),
  };
  async function answer<T>(key: string): Promise<DnsAnswer<T>> {
    dns.asked.push(key);
    const records = await (dns.zone[key] ?? []);
    if (records instanceof Error) throw records;
    // The zone's keys say what lies under them.
    return { records: records as readonly T[], ttlS: dns.ttlS };
  }
  return dns;
}

export const srv = (name: string, port: number, priority = 0, weight = 0): SrvRecord => ({
  name,
  port,
  priority,
  weight,
});

export const naptr = (service: string, replacement: string, order = 0, preference = 0): NaptrRecord => ({
  order,
  preference,
  flags: "s",
  service,
  replacement,
});
