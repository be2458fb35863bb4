import { expect, test } from "vitest";
import { makeDestination, makeEndpoint, readAddress } from "../io/rtp-io.ts";
import { makeHeader } from "./header.ts";
import { Latch } from "./latch.ts";

const PUBLIC = "198.51.100.1";

/** A latch told of `named`, and someone to send it packets every 20 ms. */
function latched(named = PUBLIC) {
  const latch = new Latch();
  let nowMs = 0;
  latch.open(makeDestination(named, 4000), nowMs);
  const seqs = new Map<string, number>();
  const send = (address: string, udpPort: number, packets = 1, ssrc = 1): string[] => {
    const source = makeEndpoint();
    readAddress(address, source);
    source.udpPort = udpPort;
    return Array.from({ length: packets }, () => {
      const key = `${address}:${udpPort}:${ssrc}`;
      const seq = (seqs.get(key) ?? 10) + 1;
      seqs.set(key, seq);
      nowMs += 20;
      return latch.admit(source, { ...makeHeader(), seq, ssrc }, nowMs);
    });
  };
  return { latch, send, wait: (ms: number) => (nowMs += ms), now: () => nowMs };
}

test("the address of SDP is taken at its first packet", () => {
  const { latch, send } = latched();
  expect(send(PUBLIC, 4000, 2)).toEqual(["first", "accepted"]);
  expect(latch.destination?.udpPort).toBe(4000);
});

test("after that nobody else is heard or sent to, however long they try", () => {
  const { latch, send } = latched();
  send(PUBLIC, 4000);
  expect(new Set(send("203.0.113.9", 6666, 1000))).toEqual(new Set(["foreign"]));
  expect(latch.destination?.address).toBe(PUBLIC);
  expect(send(PUBLIC, 4000)).toEqual(["accepted"]);
});

test("an attacker that sprays first loses to the address of SDP within the probation", () => {
  const { latch, send } = latched();
  expect(new Set(send("203.0.113.9", 6666, 25))).toEqual(new Set(["foreign"]));
  expect(send(PUBLIC, 4000)).toEqual(["first"]);
  expect(new Set(send("203.0.113.9", 6666, 100))).toEqual(new Set(["foreign"]));
  expect(latch.destination?.udpPort).toBe(4000);
});

test("behind a NAT, with a private address in SDP, the real source is learned within 100 ms", () => {
  const { latch, send } = latched("192.168.1.20");
  expect(send("203.0.113.9", 6666, 4)).toEqual(["foreign", "foreign", "first", "accepted"]);
  expect(latch.destination).toMatchObject({ address: "203.0.113.9", udpPort: 6666 });
  expect(new Set(send("203.0.113.77", 7777, 100))).toEqual(new Set(["foreign"]));
});

test("a learned address gives way to that of SDP once, and never comes back", () => {
  const { latch, send } = latched("192.168.1.20");
  send("203.0.113.9", 6666, 4);
  expect(send("192.168.1.20", 4000)).toEqual(["first"]);
  expect(new Set(send("203.0.113.9", 6666, 100))).toEqual(new Set(["foreign"]));
  expect(latch.destination?.udpPort).toBe(4000);
});

test("a source that jumps about in sequence or SSRC is never learned", () => {
  const { send } = latched("10.0.0.1");
  const judged = Array.from({ length: 50 }, (_, i) => send("203.0.113.9", 6666, 1, i)[0]);
  expect(new Set(judged)).toEqual(new Set(["foreign"]));
});

test("nothing is learned after the window has closed", () => {
  const { send, wait } = latched("10.0.0.1");
  wait(10_001);
  expect(new Set(send("203.0.113.9", 6666, 100))).toEqual(new Set(["foreign"]));
});

test("a re-INVITE with the same address keeps the one in use", () => {
  const { latch, send, now } = latched("10.0.0.1");
  send("203.0.113.9", 6666, 4);
  latch.open(makeDestination("10.0.0.1", 4000), now());
  expect(latch.destination?.address).toBe("203.0.113.9");
  expect(send("203.0.113.9", 6666)).toEqual(["accepted"]);
});

test("a re-INVITE that moves the peer sends there at once and hears it", () => {
  const { latch, send, now } = latched();
  send(PUBLIC, 4000);
  latch.open(makeDestination("198.51.100.2", 5000), now());
  expect(latch.destination?.address).toBe("198.51.100.2");
  expect(send("198.51.100.2", 5000)).toEqual(["first"]);
  expect(send(PUBLIC, 4000)).toEqual(["foreign"]);
});

test("without an address nothing is learned and nothing sent", () => {
  const latch = new Latch();
  latch.open(makeDestination("0.0.0.0", 0), 0);
  expect(latch.destination).toBeUndefined();
  const source = makeEndpoint();
  readAddress("203.0.113.9", source);
  for (let seq = 0; seq < 100; seq++) expect(latch.admit(source, { ...makeHeader(), seq }, seq * 20)).toBe("foreign");
});

test("goes on in another thread where it was", () => {
  const { latch, send, now } = latched("10.0.0.1");
  send("203.0.113.9", 6666, 4);
  const other = new Latch();
  other.open(makeDestination("10.0.0.1", 4000), now());
  other.restore(latch.state());
  expect(other.destination).toMatchObject({ address: "203.0.113.9", udpPort: 6666 });
  expect(other.describe()).toContain("learned");
});
