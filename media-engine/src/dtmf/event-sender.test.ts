import { expect, test } from "vitest";
import { EventReceiver } from "./event-receiver.ts";
import { EventSender, makeEventPacket } from "./event-sender.ts";

const PACKET_TICKS = 160;

/** Polls `count` times from timestamp `from`; rows as [poll, marker, timestamp, event, duration, end]. */
function rowsOf(sender: EventSender, count: number, from = 8000): (number | "audio")[][] {
  const out = makeEventPacket();
  return Array.from({ length: count }, (_, i) => {
    if (sender.poll(from + i * PACKET_TICKS, out) === "audio") return [i, "audio"];
    const [event = 0, flags = 0, high = 0, low = 0] = out.payload;
    return [i, out.marker ? 1 : 0, out.rtpTimestamp, event, high * 256 + low, flags >> 7];
  });
}

test("a press of 60 ms follows the timeline of RFC 4733 §2.5.1, the end thrice (§2.5.1.4), then a gap of 80 ms", () => {
  const sender = new EventSender({ clockRateHz: 8000, packetMs: 20 });
  sender.enqueue("5#", 60);
  expect(rowsOf(sender, 9)).toEqual([
    [0, 1, 8000, 5, 160, 0],
    [1, 0, 8000, 5, 320, 0],
    [2, 0, 8000, 5, 480, 1],
    [3, 0, 8000, 5, 480, 1],
    [4, 0, 8000, 5, 480, 1],
    [5, "audio"],
    [6, "audio"],
    [7, 1, 9120, 11, 160, 0],
    [8, 0, 9120, 11, 320, 0],
  ]);
});

test("a duration that is no multiple of the packet time is told exactly", () => {
  const sender = new EventSender({ clockRateHz: 8000, packetMs: 20 });
  sender.enqueue("1", 110);
  expect(rowsOf(sender, 6).map((row) => row[4])).toEqual([160, 320, 480, 640, 800, 880]);
});

test("a press shorter than a packet is one packet with marker and end at once", () => {
  const sender = new EventSender({ clockRateHz: 8000, packetMs: 20 });
  sender.enqueue("0", 10);
  expect(rowsOf(sender, 4)).toEqual([
    [0, 1, 8000, 0, 80, 1],
    [1, 0, 8000, 0, 80, 1],
    [2, 0, 8000, 0, 80, 1],
    [3, "audio"],
  ]);
});

test("w waits 500 ms and W a second before the next digit", () => {
  const sender = new EventSender({ clockRateHz: 8000, packetMs: 20 });
  sender.enqueue("w1", 100);
  expect(rowsOf(sender, 26).findIndex((row) => row[1] !== "audio")).toBe(25);
  const patient = new EventSender({ clockRateHz: 8000, packetMs: 20 });
  patient.enqueue("W1", 100);
  expect(rowsOf(patient, 51).findIndex((row) => row[1] !== "audio")).toBe(50);
});

test("each enqueue is completed once, after its last gap", () => {
  const sender = new EventSender({ clockRateHz: 8000, packetMs: 20 });
  sender.enqueue("12", 100);
  sender.enqueue("", 100);
  sender.enqueue("w", 100);
  const completed = Array.from({ length: 50 }, (_, i) => {
    sender.poll(8000 + i * PACKET_TICKS, makeEventPacket());
    return sender.takeCompleted();
  });
  expect(completed.reduce((a, b) => a + b)).toBe(3);
  expect(completed.findIndex((count) => count > 0)).toBe(18);
  expect(sender.isIdle).toBe(true);
});

test("the clock of the event is its own: at 48 kHz 20 ms are 960", () => {
  const sender = new EventSender({ clockRateHz: 48_000, packetMs: 20 });
  sender.enqueue("9", 40);
  expect(rowsOf(sender, 2).map((row) => row[4])).toEqual([960, 1920]);
});

test("what cannot be dialled is refused by name, before anything is sent", () => {
  const sender = new EventSender({ clockRateHz: 8000, packetMs: 20 });
  expect(() => sender.enqueue("12x", 100)).toThrow('"x" is none of');
  expect(() => sender.enqueue("1", 0)).toThrow("1 to 8000 ms");
  expect(() => sender.enqueue("1", 9000)).toThrow("1 to 8000 ms");
  expect(sender.isIdle).toBe(true);
});

test("what the sender sends the receiver hears, every digit once", () => {
  const sender = new EventSender({ clockRateHz: 8000, packetMs: 20 });
  const receiver = new EventReceiver(8000);
  sender.enqueue("0123456789*#ABCD", 100);
  const out = makeEventPacket();
  let heard = "";
  for (let i = 0; !sender.isIdle; i++)
    if (sender.poll(i * PACKET_TICKS, out) === "event")
      heard += receiver.push(out.payload, {
        seq: i,
        rtpTimestamp: out.rtpTimestamp,
        ssrc: 1,
        payloadType: 101,
        marker: out.marker,
        payloadOffset: 0,
        payloadSize: 4,
      });
  expect(heard).toBe("0123456789*#ABCD");
});
