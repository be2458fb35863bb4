import { seededRandom } from "@voepy/base";
import { expect, test } from "vitest";
import { HEADER_BYTES, makeHeader, readHeader, writeHeader } from "./header.ts";

const header = {
  seq: 0xfffe,
  rtpTimestamp: 0xfedcba98,
  ssrc: 0x89abcdef,
  payloadType: 101,
  marker: true,
  payloadOffset: 12,
  payloadSize: 8,
};

function packet(first: number, body: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + body.length);
  writeHeader(header, bytes);
  bytes[0] = first;
  bytes.set(body, HEADER_BYTES);
  return bytes;
}

function read(bytes: Uint8Array) {
  const out = makeHeader();
  return readHeader(bytes, bytes.length, out) ? out : undefined;
}

test("reads what it wrote (RFC 3550 §5.1)", () => {
  expect(read(packet(0x80, [1, 2, 3, 4, 5, 6, 7, 8]))).toEqual(header);
});

test("steps over contributing sources", () => {
  expect(read(packet(0x82, [1, 2, 3, 4, 5, 6, 7, 8, 42]))).toMatchObject({ payloadOffset: 20, payloadSize: 1 });
});

test("steps over an extension (RFC 3550 §5.3.1)", () => {
  expect(read(packet(0x90, [0xbe, 0xde, 0, 1, 9, 9, 9, 9, 42, 43]))).toMatchObject({
    payloadOffset: 20,
    payloadSize: 2,
  });
});

test("takes padding off", () => {
  expect(read(packet(0xa0, [42, 0, 0, 3]))).toMatchObject({ payloadOffset: 12, payloadSize: 1 });
});

test("refuses what reaches beyond the packet, and other versions", () => {
  for (const bytes of [
    new Uint8Array(0),
    new Uint8Array(11).fill(0x80),
    packet(0x40, []),
    packet(0x81, [1, 2, 3]),
    packet(0x90, [0xbe, 0xde, 0]),
    packet(0x90, [0xbe, 0xde, 0xff, 0xff, 1]),
    packet(0xa0, [0]),
    packet(0xa0, [1, 5]),
    packet(0xa0, []),
  ])
    expect(read(bytes)).toBeUndefined();
});

test("whatever bytes come, the payload lies inside the packet", () => {
  const random = seededRandom(11);
  const out = makeHeader();
  for (let i = 0; i < 100_000; i++) {
    const [size = 0] = random.fill(new Uint8Array(1));
    const bytes = random.fill(new Uint8Array(size % 64));
    if (bytes.length > 0 && i % 2) bytes[0] = 0x80 | (bytes[0]! & 0x3f);
    if (!readHeader(bytes, bytes.length, out)) continue;
    expect(out.payloadOffset).toBeGreaterThanOrEqual(12);
    expect(out.payloadSize).toBeGreaterThanOrEqual(0);
    expect(out.payloadOffset + out.payloadSize).toBeLessThanOrEqual(bytes.length);
  }
});
