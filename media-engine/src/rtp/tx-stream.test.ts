import { seededRandom } from "@voepy/base";
import { expect, test } from "vitest";
import { makeHeader } from "./header.ts";
import { TxStream } from "./tx-stream.ts";

const OPTIONS = { clockHz: 8000, packetTicks: 160 };

function stream() {
  const tx = new TxStream(OPTIONS, seededRandom(3));
  const out = makeHeader();
  const own = (atMs: number) => {
    tx.own(out, atMs);
    return { ...out };
  };
  const relay = (seq: number, rtpTimestamp: number, atMs: number, ssrc = 9) =>
    tx.relay({ ...makeHeader(), seq: seq & 0xffff, rtpTimestamp, ssrc }, out, atMs, true) ? { ...out } : undefined;
  return { tx, own, relay };
}

const step = (a: { seq: number; rtpTimestamp: number }, b: { seq: number; rtpTimestamp: number }) => ({
  seq: (b.seq - a.seq) & 0xffff,
  rtpTimestamp: (b.rtpTimestamp - a.rtpTimestamp) >>> 0,
});

test("our own audio steps by one packet, marked at its start only (RFC 3551 §4.1)", () => {
  const { own } = stream();
  const [a, b, c] = [own(0), own(20), own(43)];
  expect([step(a, b), step(b, c)]).toEqual([
    { seq: 1, rtpTimestamp: 160 },
    { seq: 1, rtpTimestamp: 160 },
  ]);
  expect([a.marker, b.marker, c.marker]).toEqual([true, false, false]);
});

test("after a pause the timestamp has gone on with time, and the marker says so", () => {
  const { own } = stream();
  const [a, b] = [own(0), own(1000)];
  expect(step(a, b)).toEqual({ seq: 1, rtpTimestamp: 8000 });
  expect(b.marker).toBe(true);
});

test("a source passed on takes over without a step in numbers or time", () => {
  const { own, relay } = stream();
  const a = own(0);
  const b = relay(65_535, 77, 21);
  const c = relay(65_536, 237, 41);
  if (b === undefined || c === undefined) throw new Error("both are new");
  expect([step(a, b), step(b, c)]).toEqual([
    { seq: 1, rtpTimestamp: 160 },
    { seq: 1, rtpTimestamp: 160 },
  ]);
  const d = own(60);
  expect(step(c, d)).toEqual({ seq: 1, rtpTimestamp: 160 });
});

test("a packet from before the change of source is dropped, so no number is given twice", () => {
  const { own, relay } = stream();
  relay(10, 1600, 0);
  own(20);
  relay(13, 2080, 40);
  expect(relay(11, 1760, 41)).toBeUndefined();
  expect(relay(14, 2240, 60)).toBeDefined();
});

test("reordering within a source is passed on as it is, for ever", () => {
  const { relay } = stream();
  for (let seq = 0; seq < 70_000; seq++) expect(relay(seq, seq * 160, seq * 20)).toBeDefined();
  const before = relay(70_002, 70_002 * 160, 0);
  const late = relay(70_001, 70_001 * 160, 0);
  if (before === undefined || late === undefined) throw new Error("both belong to the source");
  expect(step(late, before)).toEqual({ seq: 1, rtpTimestamp: 160 });
});

test("goes on in another thread with the next number", () => {
  const { tx, own } = stream();
  const a = own(0);
  tx.count(172);
  const other = new TxStream(OPTIONS, seededRandom(99), tx.state());
  const out = makeHeader();
  other.own(out, 20);
  expect(step(a, out)).toEqual({ seq: 1, rtpTimestamp: 160 });
  expect(out.ssrc).toBe(a.ssrc);
});
