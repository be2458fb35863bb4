/** What of DNS is kept and for how long, and the real resolver against a name server of our own. */
import { createSocket } from "node:dgram";
import { afterEach, expect, test } from "vitest";
import { fakeDns } from "../../test/fake-dns.ts";
import { closeAll, closeLater, listenerOf, party } from "../../test/party.ts";
import { HandClock } from "../../test/transport-rig.ts";
import { hostsEntries, systemDns } from "./dns.ts";
import { cachedDns } from "./dns-cache.ts";

afterEach(closeAll);

/** Lets settled promises tell. */
const settle = (): Promise<void> => new Promise((done) => setImmediate(done));

test("an answer is kept for its time, at least 5 s and at most 5 minutes", async () => {
  const dns = fakeDns({ "4 a.test": ["192.0.2.1"] });
  const clock = new HandClock();
  const cached = cachedDns(dns, clock);
  for (const [ttlS, keptMs] of [
    [60, 60_000],
    [0, 5_000],
    [86_400, 300_000],
    [undefined, 60_000],
  ] as const) {
    dns.asked.length = 0;
    dns.ttlS = ttlS;
    await cached.addresses("a.test", 4);
    await settle();
    clock.advance(keptMs - 1);
    expect((await cached.addresses("A.test", 4)).records).toEqual(["192.0.2.1"]);
    expect(dns.asked).toHaveLength(1);
    clock.advance(1);
    await cached.addresses("a.test", 4);
    expect(dns.asked).toHaveLength(2);
    await settle();
    clock.advance(300_000);
  }
});

test("that a name does not exist is kept for 30 s, that nobody answered for 5 s", async () => {
  const dns = fakeDns({ "srv dead.test": new Error("SERVFAIL") });
  const clock = new HandClock();
  const cached = cachedDns(dns, clock);
  await cached.srv("none.test");
  await expect(cached.srv("dead.test")).rejects.toThrow("SERVFAIL");
  await settle();
  clock.advance(4_999);
  await cached.srv("none.test");
  await expect(cached.srv("dead.test")).rejects.toThrow("SERVFAIL");
  expect(dns.asked).toHaveLength(2);
  clock.advance(1);
  await expect(cached.srv("dead.test")).rejects.toThrow("SERVFAIL");
  clock.advance(25_000);
  await cached.srv("none.test");
  expect(dns.asked).toHaveLength(4);
});

test("who asks for what is being asked waits along, two seconds at most; a later answer is not waited for", async () => {
  const dns = fakeDns({ "naptr slow.test": new Promise<never>(() => undefined) });
  const clock = new HandClock();
  const cached = cachedDns(dns, clock);
  const asked = [cached.naptr("slow.test"), cached.naptr("slow.test")];
  clock.advance(2_000);
  for (const each of asked) await expect(each).rejects.toThrow("no answer within 2000 ms");
  expect(dns.asked).toHaveLength(1);
});

test("an answer is cut at 16 records, the cache at its entries, oldest first", async () => {
  const dns = fakeDns({ "4 big.test": Array.from({ length: 1000 }, (_, i) => `10.0.${i >> 8}.${i & 255}`) });
  const cached = cachedDns(dns, new HandClock());
  expect((await cached.addresses("big.test", 4)).records).toHaveLength(16);
  for (let i = 0; i < 2_000; i++) await cached.srv(`n${i}.test`);
  await cached.srv("n1999.test");
  expect(dns.asked).toHaveLength(2_001);
  await cached.addresses("big.test", 4);
  expect(dns.asked).toHaveLength(2_002);
});

test("the hosts file is read as hosts(5) says", () => {
  const text = "127.0.0.1\tlocalhost\n# 192.0.2.1 gw\n192.0.2.2  gw.test GW # the gateway\n::1 gw\n";
  expect(hostsEntries(text, "gw")).toEqual(["192.0.2.2", "::1"]);
  expect(hostsEntries(text, "localhost")).toEqual(["127.0.0.1"]);
  expect(hostsEntries(text, "none")).toEqual([]);
});

/** Types of RFC 1035 §3.2.2, RFC 2782, RFC 3403. */
const [TYPE_A, TYPE_SRV, TYPE_NAPTR] = [1, 33, 35];

const labels = (name: string): Buffer =>
  Buffer.concat([
    ...name.split(".").map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)])),
    Buffer.from([0]),
  ]);
const u16 = (...numbers: number[]): Buffer => Buffer.from(numbers.flatMap((n) => [n >> 8, n & 255]));
const text = (value: string): Buffer => Buffer.concat([Buffer.from([value.length]), Buffer.from(value)]);

/** Answers what `zone` has under `type name`, and that there is nothing else. */
async function nameServer(zone: Readonly<Record<string, Buffer>>): Promise<number> {
  const socket = createSocket("udp4");
  closeLater(() => socket.close());
  socket.on("message", (query, from) => {
    const questionEnd = query.indexOf(0, 12) + 5;
    const question = query.subarray(12, questionEnd);
    const names: string[] = [];
    for (let at = 0; question[at] !== 0; at += question[at]! + 1) {
      names.push(question.toString("latin1", at + 1, at + 1 + question[at]!));
    }
    const type = question.readUInt16BE(question.length - 4);
    const data = zone[`${type} ${names.join(".").toLowerCase()}`];
    const header = Buffer.concat([
      query.subarray(0, 2),
      u16(data === undefined ? 0x8183 : 0x8180, 1, data ? 1 : 0, 0, 0),
    ]);
    const record = data === undefined ? [] : [u16(0xc00c, type, 1, 0, 60, data.length), data];
    socket.send(Buffer.concat([header, question, ...record]), from.port, from.address);
  });
  await new Promise<void>((done) => socket.bind(0, "127.0.0.1", done));
  return socket.address().port;
}

test("@net a domain with NAPTR and SRV on a real name server is called where they say (RFC 3263 §4)", async () => {
  const bob = await party([listenerOf("tcp")], 2);
  const naptr = Buffer.concat([u16(10, 10), text("s"), text("SIP+D2T"), text(""), labels("_sip._tcp.carrier.test")]);
  const port = await nameServer({
    [`${TYPE_NAPTR} carrier.test`]: naptr,
    [`${TYPE_SRV} _sip._tcp.carrier.test`]: Buffer.concat([u16(10, 10, bob.port), labels("gw.carrier.test")]),
    [`${TYPE_A} gw.carrier.test`]: Buffer.from([127, 0, 0, 1]),
  });
  const dns = systemDns([`127.0.0.1:${port}`]);
  const ann = await party([listenerOf("udp"), listenerOf("tcp")], 1, { dns });
  ann.call({ host: "carrier.test" });
  const { source, headers } = await bob.next("invite");
  expect(source.transport).toBe("tcp");
  expect(headers.find(({ name }) => name === "Via")?.value).toMatch(/^SIP\/2\.0\/TCP /);
  ann.call({ host: "gone.carrier.test" });
  expect(await ann.next("failed")).toMatchObject({ cause: "transport", status: 503 });
});
