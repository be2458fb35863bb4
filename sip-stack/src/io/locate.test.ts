/** Finding servers (RFC 3263) with name servers by hand, in time by hand. */
import { seededRandom } from "@voepy/base";
import { expect, test } from "vitest";
import { type FakeDns, fakeDns, naptr, srv, type Zone } from "../../test/fake-dns.ts";
import { HandClock } from "../../test/transport-rig.ts";
import type { LocateTarget } from "../ua/effects.ts";
import { hopText } from "../ua/hop.ts";
import type { TransportName } from "../ua/types.ts";
import { Locator } from "./locate.ts";

interface Rig {
  readonly dns: FakeDns;
  readonly clock: HandClock;
  readonly locator: Locator;
  find(host: string, more?: Partial<LocateTarget>): Promise<string[]>;
}

function rig(zone: Zone, ways: readonly string[] = ["udp4", "tcp4", "tls4"], seed = 1): Rig {
  const dns = fakeDns(zone);
  const clock = new HandClock();
  const locator = new Locator({
    dns,
    clock,
    random: seededRandom(seed),
    canReach: (transport, family) => ways.includes(`${transport}${family}`),
  });
  const find = async (host: string, more: Partial<LocateTarget> = {}): Promise<string[]> => {
    const target = { host, port: undefined, transport: undefined, isSecure: false, sizeBytes: 0, ...more };
    return (await locator.locate(target)).map(hopText);
  };
  return { dns, clock, locator, find };
}

const ADDRESSES: Zone = {
  "4 example.com": ["192.0.2.1"],
  "6 example.com": ["2001:db8::1"],
  "4 a.example.com": ["192.0.2.10", "192.0.2.11"],
  "4 b.example.com": ["192.0.2.20"],
  "6 b.example.com": ["2001:db8::20"],
};

test("an address needs no DNS; port and transport have their defaults (§4.1, §4.2)", async () => {
  const { dns, find } = rig({}, ["udp4", "tls4", "udp6"]);
  expect(await find("192.0.2.9")).toEqual(["udp 192.0.2.9:5060"]);
  expect(await find("2001:db8::9", { port: 5070 })).toEqual(["udp [2001:db8::9]:5070"]);
  expect(await find("192.0.2.9", { isSecure: true })).toEqual(["tls 192.0.2.9:5061"]);
  expect(await find("2001:db8::9", { transport: "tls" })).toEqual([]);
  expect(dns.asked).toEqual([]);
});

test("a port leaves only the addresses to ask for (§4.2)", async () => {
  const { dns, find } = rig(ADDRESSES);
  expect(await find("a.example.com", { port: 5080, transport: "tcp" })).toEqual([
    "tcp 192.0.2.10:5080",
    "tcp 192.0.2.11:5080",
  ]);
  expect(dns.asked).toEqual(["4 a.example.com"]);
});

test("NAPTR says the transports, by order and preference; what we cannot do is left out (§4.1)", async () => {
  const { find } = rig({
    ...ADDRESSES,
    "naptr example.com": [
      naptr("SIP+D2U", "_sip._udp.example.com", 50, 90),
      naptr("SIP+D2T", "_sip._tcp.elsewhere.example", 50, 10),
      naptr("SIPS+D2T", "_sips._tcp.example.com", 20),
      naptr("SIP+D2S", "_sip._sctp.example.com", 10),
      { ...naptr("SIP+D2U", "", 1), flags: "u" },
    ],
    "srv _sips._tcp.example.com": [srv("a.example.com", 5061)],
    "srv _sip._tcp.elsewhere.example": [srv("b.example.com", 5062)],
    "srv _sip._udp.example.com": [srv("b.example.com", 5063)],
  });
  expect(await find("example.com")).toEqual([
    "tls 192.0.2.10:5061",
    "tls 192.0.2.11:5061",
    "tcp 192.0.2.20:5062",
    "udp 192.0.2.20:5063",
  ]);
  expect(await find("example.com", { isSecure: true })).toEqual(["tls 192.0.2.10:5061", "tls 192.0.2.11:5061"]);
});

test("without NAPTR, SRV of every transport that we have; with a transport, only its own (§4.1, §4.2)", async () => {
  const { dns, find } = rig({
    ...ADDRESSES,
    "srv _sip._tcp.example.com": [srv("b.example.com", 5062)],
    "srv _sip._udp.example.com": [srv("a.example.com", 5063)],
  });
  expect(await find("example.com")).toEqual(["udp 192.0.2.10:5063", "udp 192.0.2.11:5063", "tcp 192.0.2.20:5062"]);
  dns.asked.length = 0;
  expect(await find("example.com", { transport: "tcp" })).toEqual(["tcp 192.0.2.20:5062"]);
  expect(dns.asked).toEqual(["srv _sip._tcp.example.com", "4 b.example.com"]);
});

test("without SRV the host itself, and `.` says that the service is not there (§4.2, RFC 2782)", async () => {
  const { find } = rig({ ...ADDRESSES, "srv _sip._tcp.example.com": [srv(".", 0)] });
  expect(await find("example.com")).toEqual(["udp 192.0.2.1:5060"]);
  expect(await find("example.com", { isSecure: true })).toEqual(["tls 192.0.2.1:5061"]);
  expect(await find("nowhere.example")).toEqual([]);
});

test("only address families that we listen on are asked for", async () => {
  const both = rig(ADDRESSES, ["udp4", "udp6"]);
  expect(await both.find("b.example.com", { port: 1 })).toEqual(["udp 192.0.2.20:1", "udp [2001:db8::20]:1"]);
  const six = rig(ADDRESSES, ["udp6"]);
  expect(await six.find("b.example.com", { port: 1 })).toEqual(["udp [2001:db8::20]:1"]);
  expect(six.dns.asked).toEqual(["6 b.example.com"]);
});

test("the name to be proved by the certificate is the one asked for, never one that DNS gave (RFC 5922 §4)", async () => {
  const { locator } = rig({ ...ADDRESSES, "srv _sips._tcp.example.com": [srv("a.example.com", 5061)] });
  const target: LocateTarget = {
    host: "example.com",
    port: undefined,
    transport: "tls",
    isSecure: true,
    sizeBytes: 0,
  };
  expect((await locator.locate(target)).map(({ name }) => name)).toEqual(["example.com", "example.com"]);
});

test("priorities are kept, weights share the first place (RFC 2782)", async () => {
  const records = [srv("a.example.com", 1, 20, 0), srv("b.example.com", 2, 10, 30), srv("b.example.com", 3, 10, 90)];
  const zone = { ...ADDRESSES, "srv _sip._udp.example.com": records };
  const first = new Map<string, number>();
  for (let seed = 1; seed <= 400; seed++) {
    const hops = await rig(zone, ["udp4"], seed).find("example.com", { transport: "udp" });
    expect(hops.slice(2)).toEqual(["udp 192.0.2.10:1", "udp 192.0.2.11:1"]);
    first.set(hops[0]!, (first.get(hops[0]!) ?? 0) + 1);
  }
  expect(first.get("udp 192.0.2.20:3")!).toBeGreaterThan(260);
  expect(first.get("udp 192.0.2.20:2")!).toBeGreaterThan(60);
});

test("a server that failed is tried last for a while (§4.3)", async () => {
  const { clock, locator, find } = rig(ADDRESSES);
  const failed = { transport: "udp", address: "192.0.2.10", port: 5 } as const;
  locator.avoid(failed, 30_000);
  expect(await find("a.example.com", { port: 5 })).toEqual(["udp 192.0.2.11:5", "udp 192.0.2.10:5"]);
  clock.advance(30_000);
  expect(await find("a.example.com", { port: 5 })).toEqual(["udp 192.0.2.10:5", "udp 192.0.2.11:5"]);
});

test("more than 1300 bytes prefer TCP, with UDP as the way out, unless UDP was asked for (RFC 3261 §18.1.1)", async () => {
  const { find } = rig(ADDRESSES);
  expect(await find("192.0.2.9", { sizeBytes: 1301 })).toEqual(["tcp 192.0.2.9:5060", "udp 192.0.2.9:5060"]);
  expect(await find("192.0.2.9", { sizeBytes: 1300 })).toEqual(["udp 192.0.2.9:5060"]);
  expect(await find("192.0.2.9", { sizeBytes: 1301, transport: "udp" })).toEqual(["udp 192.0.2.9:5060"]);
  const udpOnly = rig(ADDRESSES, ["udp4"]);
  expect(await udpOnly.find("192.0.2.9", { sizeBytes: 1301 })).toEqual(["udp 192.0.2.9:5060"]);
});

test("a thousand servers in an answer are not all tried; a dead name server harms nothing but its names", async () => {
  const many = Array.from({ length: 1000 }, (_, i) => srv(`s${i}.example.com`, 5060));
  const addresses = Object.fromEntries(many.map(({ name }) => [`4 ${name}`, ["192.0.2.1", "192.0.2.2", "192.0.2.3"]]));
  const { dns, find } = rig({
    ...addresses,
    "srv _sip._udp.example.com": many,
    "srv _sip._udp.dead.example": new Error("SERVFAIL"),
    "4 dead.example": new Error("SERVFAIL"),
  });
  expect(await find("example.com", { transport: "udp" as TransportName })).toHaveLength(16);
  expect(dns.asked).toHaveLength(9);
  expect(await find("dead.example", { transport: "udp" })).toEqual([]);
});
