import { expect, test } from "vitest";
import { seeded } from "../../test/sound.ts";
import { makeRecordHead, makeRing, RecordKind, RingReader, RingWriter } from "./ring.ts";

test("records of any size come out as they went in, over and over the end of the ring", () => {
  const ring = makeRing(4096);
  const writer = new RingWriter(ring);
  const reader = new RingReader(ring);
  const next = seeded(1);
  const expected: string[] = [];
  const got: string[] = [];
  const payload = new Uint8Array(700);
  for (let i = 0; i < 3000; i++) {
    const size = Math.floor(next() * 600);
    const offset = Math.floor(next() * 90);
    payload.fill(i & 0xff, offset, offset + size);
    const head = {
      kind: RecordKind.packet,
      side: i & 1,
      codec: i % 5,
      seq: i & 0xffff,
      atMs: i / 3,
      rtpTimestamp: 2 ** 32 - 1 - i,
      ssrc: 2 ** 31 + i,
    };
    if (writer.write(head, payload, offset, size))
      expected.push(JSON.stringify({ ...head, size, value: size > 0 ? i & 0xff : -1 }));
    if (next() < 0.4)
      reader.read((record, bytes, at, count) => {
        const value = count > 0 ? bytes[at + count - 1] : -1;
        got.push(JSON.stringify({ ...record, size: count, value }));
      });
  }
  reader.read((record, bytes, at, count) =>
    got.push(JSON.stringify({ ...record, size: count, value: count > 0 ? bytes[at] : -1 })),
  );
  expect(got).toEqual(expected);
  expect(expected.length + writer.dropped).toBe(3000);
});

test("a full ring drops, counts and keeps what it has", () => {
  const ring = makeRing(1024);
  const writer = new RingWriter(ring);
  const head = { ...makeRecordHead(), kind: RecordKind.packet };
  const written = Array.from({ length: 20 }, () => writer.write(head, new Uint8Array(160), 0, 160)).filter(
    Boolean,
  ).length;
  expect(written).toBe(5);
  expect(writer.dropped).toBe(15);
  let read = 0;
  new RingReader(ring).read(() => read++);
  expect(read).toBe(5);
});

test("the end is told even by a full ring", () => {
  const ring = makeRing(1024);
  const writer = new RingWriter(ring);
  for (let i = 0; i < 50; i++)
    writer.write({ ...makeRecordHead(), kind: RecordKind.packet }, new Uint8Array(160), 0, 160);
  writer.end(2, 1234.4);
  const reader = new RingReader(ring);
  expect([reader.endReason, reader.endMs]).toEqual([2, 1234]);
});
