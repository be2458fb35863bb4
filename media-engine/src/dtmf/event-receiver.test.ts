import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { FIXTURES, hasFixtures, readRtp } from "../../test/pcap.ts";
import { EventReceiver } from "./event-receiver.ts";

interface Sent {
  readonly digit?: number;
  readonly timestamp: number;
  readonly duration: number;
  readonly end?: boolean;
  readonly marker?: boolean;
}

/** What is heard of these packets, in this order. */
function hear(packets: readonly Sent[], receiver = new EventReceiver(8000)): string {
  return packets
    .map(({ digit = 5, timestamp, duration, end = false, marker = false }, seq) =>
      receiver.push(Uint8Array.of(digit, end ? 0x8a : 0x0a, duration >> 8, duration & 0xff), {
        seq,
        rtpTimestamp: timestamp >>> 0,
        ssrc: 7,
        payloadType: 101,
        marker,
        payloadOffset: 0,
        payloadSize: 4,
      }),
    )
    .join("");
}

test("retransmitted ends count once (RFC 4733 §2.5.1.4)", () => {
  const end = { timestamp: 8000, duration: 480, end: true };
  expect(hear([{ timestamp: 8000, duration: 160, marker: true }, end, end, end])).toBe("5");
});

test("a press of which only an end arrived is a press", () => {
  expect(hear([{ timestamp: 8000, duration: 480, end: true }])).toBe("5");
});

test("the same digit again is told by its timestamp, without marker and without the end of the first", () => {
  expect(
    hear([
      { timestamp: 8000, duration: 160 },
      { timestamp: 8000, duration: 320 },
      { timestamp: 10_000, duration: 160 },
    ]),
  ).toBe("55");
});

test("a straggling end of the press before is nothing new", () => {
  expect(
    hear([
      { digit: 1, timestamp: 8000, duration: 160 },
      { digit: 2, timestamp: 10_000, duration: 160 },
      { digit: 1, timestamp: 8000, duration: 480, end: true },
      { digit: 2, timestamp: 10_000, duration: 320 },
    ]),
  ).toBe("12");
});

test("a press longer than 16 bits of duration goes on in segments (RFC 4733 §2.5.1.3)", () => {
  expect(
    hear([
      { timestamp: 1000, duration: 160, marker: true },
      { timestamp: 1000, duration: 0xffff },
      { timestamp: 1000 + 0xffff, duration: 160 },
      { timestamp: 1000 + 0xffff, duration: 4000, end: true },
    ]),
  ).toBe("5");
});

test("timestamps may wrap within a press and between two", () => {
  expect(
    hear([
      { digit: 1, timestamp: -100, duration: 160 },
      { digit: 1, timestamp: -100, duration: 320, end: true },
      { digit: 2, timestamp: 1000, duration: 160 },
    ]),
  ).toBe("12");
});

test("a sender that counts the timestamp up within a press presses once", () => {
  const packets = Array.from({ length: 8 }, (_, i) => ({
    timestamp: 8000 + i * 160,
    duration: Math.min(6, i + 1) * 160,
    end: i >= 5,
    marker: i === 0,
  }));
  expect(hear(packets)).toBe("5");
});

test("a sender whose timestamps begin anew is heard on", () => {
  expect(
    hear([
      { digit: 1, timestamp: 900_000, duration: 480, end: true },
      { digit: 2, timestamp: 100, duration: 160 },
    ]),
  ).toBe("12");
});

test("the duration is that of the packet heard last, in ms of the event's clock", () => {
  const receiver = new EventReceiver(48_000);
  hear([{ timestamp: 0, duration: 4800 }], receiver);
  expect(receiver.durationMs).toBe(100);
});

test("flash, fax tones and short payloads are no digits", () => {
  expect(hear([{ digit: 16, timestamp: 0, duration: 160 }])).toBe("");
  const packet = { seq: 0, rtpTimestamp: 0, ssrc: 1, payloadType: 101, marker: true, payloadOffset: 0, payloadSize: 3 };
  expect(new EventReceiver(8000).push(Uint8Array.of(1, 2, 3), packet)).toBe("");
});

describe.skipIf(!hasFixtures)("captures", () => {
  const index: unknown = hasFixtures ? JSON.parse(readFileSync(new URL("dtmf/index.json", FIXTURES), "utf8")) : {};
  const captures = capturesOf(index);

  test("there are captures to hear", () => expect(captures.length).toBeGreaterThanOrEqual(14));

  test.each(captures)("$file says $digits", ({ file, digits }) => {
    const receiver = new EventReceiver(file.includes("opus") ? 48_000 : 8000);
    const heard = readRtp(`dtmf/${file}`)
      .filter(({ payloadType }) => payloadType === 101)
      .map((packet) => receiver.push(packet.bytes, packet));
    expect(heard.join("")).toBe(digits);
  });
});

function capturesOf(index: unknown): { file: string; digits: string }[] {
  if (typeof index !== "object" || index === null || !("files" in index) || !Array.isArray(index.files)) return [];
  return index.files.filter((entry): entry is { file: string; digits: string } => String(entry.file).endsWith(".pcap"));
}
