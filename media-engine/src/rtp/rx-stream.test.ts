import { expect, test } from "vitest";
import { makeHeader } from "./header.ts";
import { RxStream } from "./rx-stream.ts";

function stream() {
  const rx = new RxStream(8000);
  const arrive = (seq: number, atMs: number, ssrc = 1): void =>
    rx.count({ ...makeHeader(), seq: seq & 0xffff, rtpTimestamp: (seq * 160) >>> 0, ssrc }, 172, atMs, true);
  return { rx, arrive };
}

test("counts loss over a wrap of the sequence number (RFC 3550 §A.3)", () => {
  const { rx, arrive } = stream();
  for (let seq = 65_530; seq < 65_550; seq++) if (seq % 5 !== 0) arrive(seq, seq * 20);
  // Expected 65 531 to 65 549; 65 535, 65 540 and 65 545 never came.
  expect([rx.packets, rx.lost]).toEqual([16, 3]);
});

test("reordered packets are not lost, and one from before the first does no harm", () => {
  const { rx, arrive } = stream();
  for (const seq of [3, 5, 4, 2]) arrive(seq, seq * 20);
  expect(rx.lost).toBe(0);
});

test("a new source keeps the loss of the one before", () => {
  const { rx, arrive } = stream();
  for (const seq of [0, 1, 3]) arrive(seq, seq * 20);
  for (const seq of [40_000, 40_001]) arrive(seq, 100, 2);
  expect([rx.lost, rx.ssrc]).toEqual([1, 2]);
});

test("a jump of one source by thousands is a restart and no loss (RFC 3550 §A.1)", () => {
  const { rx, arrive } = stream();
  for (const seq of [0, 1, 20_000, 20_001]) arrive(seq, seq * 20);
  expect(rx.lost).toBe(0);
});

test("even arrival has no jitter; one 16 ms late raises it by a sixteenth of that (RFC 3550 §6.4.1)", () => {
  const { rx, arrive } = stream();
  for (let seq = 0; seq < 50; seq++) arrive(seq, 1e7 + seq * 20);
  expect(rx.jitterMs).toBe(0);
  arrive(50, 1e7 + 50 * 20 + 16);
  expect(rx.jitterMs).toBeCloseTo(1, 5);
});
