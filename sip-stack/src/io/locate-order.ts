/** The order in which DNS wants servers tried: RFC 3263 §4.1 for NAPTR, RFC 2782 for SRV. Pure. */
import { type Random, randomUint32 } from "@voepy/base";
import type { TransportName } from "../ua/types.ts";
import type { NaptrRecord, SrvRecord } from "./dns.ts";

/** One name to ask SRV for. */
export interface Service {
  readonly transport: TransportName;
  /** `_sip._udp.example.com` */
  readonly name: string;
}

const SRV_PREFIX: Readonly<Partial<Record<TransportName, string>>> = {
  udp: "_sip._udp",
  tcp: "_sip._tcp",
  tls: "_sips._tcp",
};

const NAPTR_TRANSPORT: Readonly<Record<string, TransportName>> = {
  "sip+d2u": "udp",
  "sip+d2t": "tcp",
  "sips+d2t": "tls",
};

/** Without NAPTR: every transport of ours, the one that would be used without SRV first (§4.1). */
export function defaultServices(domain: string, transports: readonly TransportName[]): Service[] {
  return transports.flatMap((transport) => {
    const prefix = SRV_PREFIX[transport];
    return prefix === undefined ? [] : [{ transport, name: `${prefix}.${domain}` }];
  });
}

/** §4.1: what we cannot do is discarded, then by order, then by preference. Only "s" records lead to SRV. */
export function servicesOfNaptr(records: readonly NaptrRecord[], transports: readonly TransportName[]): Service[] {
  return records
    .filter(({ flags, replacement }) => flags.toLowerCase() === "s" && replacement !== "")
    .toSorted((a, b) => a.order - b.order || a.preference - b.preference)
    .flatMap(({ service, replacement }) => {
      const transport = NAPTR_TRANSPORT[service.toLowerCase()];
      return transport === undefined || !transports.includes(transport) ? [] : [{ transport, name: replacement }];
    });
}

/** RFC 2782: lowest priority first; within one, drawn by weight, those of weight 0 with almost no chance to be early. */
export function orderSrv(records: readonly SrvRecord[], random: Random): SrvRecord[] {
  const ordered: SrvRecord[] = [];
  const priorities = [...new Set(records.map(({ priority }) => priority))].toSorted((a, b) => a - b);
  for (const wanted of priorities) {
    const left = records.filter(({ priority }) => priority === wanted).toSorted((a, b) => a.weight - b.weight);
    while (left.length > 0) ordered.push(...left.splice(draw(left, random), 1));
  }
  return ordered;
}

/** Index of the first whose running sum of weights reaches a number drawn from 0 to their sum. */
function draw(records: readonly SrvRecord[], random: Random): number {
  const sum = records.reduce((total, { weight }) => total + weight, 0);
  const drawn = (randomUint32(random) / 2 ** 32) * (sum + 1);
  let running = 0;
  for (const [index, { weight }] of records.entries()) {
    running += weight;
    if (running >= Math.floor(drawn)) return index;
  }
  return records.length - 1;
}
