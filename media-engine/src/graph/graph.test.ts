import { describe, expect, test } from "vitest";
import { FarEnd, type Heard, pcmuParams, Rig } from "../../test/rig.ts";
import { pcma } from "../codec/pcma.ts";
import { PCMU_TO_PCM } from "../codec/pcmu.ts";
import type { Port } from "./port.ts";

const TONE = {
  type: "tone",
  tone: { segments: [{ frequenciesHz: [440], levelDbm0: -10, durationMs: 100 }], repeat: false },
} as const;

/** Payload number `n`: 160 bytes found nowhere else. */
function payload(n: number, size = 160): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => (n * 7 + i * 3 + (n >> 5)) & 0xff);
}

function isSilence(heard: Heard): boolean {
  return heard.payload.every((code) => Math.abs(PCMU_TO_PCM[code] ?? 9999) <= 16);
}

/** Two bridged PCMU parties, and far ends for both. */
function bridged(moreA = {}, moreB = {}) {
  const rig = new Rig();
  const a = rig.port("a", pcmuParams(10_000, moreA));
  const b = rig.port("b", pcmuParams(20_000, moreB));
  rig.graph.setBridge("bridge", ["a", "b"]);
  return { rig, a, b, ann: new FarEnd(10_000), bob: new FarEnd(20_000) };
}

function payloads(count: number, first = 0): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => payload(first + i));
}

function expectOneStream(sent: readonly Heard[]): void {
  expect(new Set(sent.map((heard) => heard.ssrc)).size).toBe(1);
  for (let i = 1; i < sent.length; i++) {
    expect((sent[i]!.seq - sent[i - 1]!.seq) & 0xffff).toBe(1);
    expect((sent[i]!.rtpTimestamp - sent[i - 1]!.rtpTimestamp) | 0).toBeGreaterThan(0);
  }
}

describe("relay", () => {
  test("passes a payload on at once, bit for bit", () => {
    const { rig, a, b, ann } = bridged();
    rig.arrive(a, ann.audio(payload(1)), ann);
    const [heard, ...more] = rig.sentBy(b);
    expect(more).toEqual([]);
    expect(heard?.payload).toEqual(payload(1));
    expect(heard?.atMs).toBe(rig.nowMs);
    expect(b.path).toBe("relay");
  });

  test("sends nothing of its own and needs no tick", () => {
    const { rig, a, b } = bridged();
    rig.run(500);
    expect([...rig.sentBy(a), ...rig.sentBy(b)]).toEqual([]);
    expect(rig.graph.nextStepMs()).toBe(Number.POSITIVE_INFINITY);
  });

  test("shows loss and reordering of the source to the other end as they are", () => {
    const { rig, a, b, ann } = bridged();
    const packets = [0, 1, 2, 3, 4].map((n) => ann.audio(payload(n)));
    for (const n of [0, 2, 1, 4]) rig.arrive(a, packets[n]!, ann);
    const sent = rig.sentBy(b);
    const first = sent[0]!;
    expect(sent.map((heard) => (heard.seq - first.seq) & 0xffff)).toEqual([0, 2, 1, 4]);
    expect(sent.map((heard) => (heard.rtpTimestamp - first.rtpTimestamp) | 0)).toEqual([0, 320, 160, 640]);
  });

  test("strips contributing sources, extension and padding, which were not agreed with the other end", () => {
    const { rig, a, b, ann } = bridged();
    const plain = ann.audio(payload(3));
    const bytes = new Uint8Array(plain.length + 4 + 8 + 4);
    bytes.set(plain.subarray(0, 12));
    bytes[0] = 0x80 | 0x20 | 0x10 | 1;
    bytes.set([0xbe, 0xde, 0, 1, 1, 2, 3, 4], 16);
    bytes.set(plain.subarray(12), 24);
    bytes[bytes.length - 1] = 4;
    rig.arrive(a, bytes, ann);
    expect(rig.sentBy(b)[0]?.payload).toEqual(payload(3));
  });

  test("maps payload types to what each side agreed", () => {
    const { rig, a, b, ann } = bridged({ rxPayloadType: 96 }, { txPayloadType: 111 });
    rig.arrive(a, ann.audio(payload(1), 96), ann);
    expect(rig.sentBy(b)[0]?.payloadType).toBe(111);
  });

  test("turns PCMU into PCMA and back by a table that equals decoding and encoding", () => {
    const { rig, a, b, ann, bob } = bridged({}, { codec: "PCMA", txPayloadType: 8, rxPayloadType: 8 });
    const all = Uint8Array.from({ length: 256 }, (_, i) => i);
    rig.arrive(a, ann.audio(all), ann);
    rig.arrive(b, bob.audio(all, 8), bob);
    const expected = new Uint8Array(256);
    pcma.makeEncoder().encode(PCMU_TO_PCM, 0, expected);
    expect(rig.sentBy(b)[0]?.payload).toEqual(expected);
    expect(rig.sentBy(b)[0]?.payloadType).toBe(8);
    expect(rig.sentBy(a)[0]?.payloadType).toBe(0);
    expect(b.path).toBe("relay");
  });

  test("a new SSRC of the source stays the same stream for the other end", () => {
    const { rig, a, b, ann } = bridged();
    rig.speak(a, ann, payloads(5));
    ann.ssrc += 1;
    ann.seq = 60_000;
    ann.rtpTimestamp = 4_000_000_000;
    rig.speak(a, ann, payloads(5));
    expectOneStream(rig.sentBy(b));
    const [last, first] = [rig.sentBy(b)[4]!, rig.sentBy(b)[5]!];
    expect((first.rtpTimestamp - last.rtpTimestamp) | 0).toBe(160);
    expect(first.marker).toBe(true);
  });

  test("is not chosen where packet times differ, and then frames are cut to what was agreed", () => {
    const { rig, a, b, ann } = bridged({}, { ptimeMs: 30 });
    rig.speak(a, ann, payloads(30));
    expect(b.path).toBe("frames");
    expect(new Set(rig.sentBy(b).map((heard) => heard.payload.length))).toEqual(new Set([240]));
    expectOneStream(rig.sentBy(b));
  });
});

describe("changes of path", () => {
  test("relay, frames and relay again are one stream and lose at most 40 ms", () => {
    const { rig, a, b, ann } = bridged();
    rig.speak(a, ann, payloads(20, 0));
    b.playout.enqueue({ prompt: "p", source: TONE, loop: 1 });
    rig.graph.reroute(b);
    expect(b.path).toBe("frames");
    rig.speak(a, ann, payloads(20, 20));
    expect(b.path).toBe("relay");
    rig.speak(a, ann, payloads(20, 40));
    const sent = rig.sentBy(b);
    expectOneStream(sent);
    const last = sent.at(-1)!;
    const total = ((last.rtpTimestamp - sent[0]!.rtpTimestamp) | 0) / 160 + 1;
    expect(Math.abs(total - 60)).toBeLessThanOrEqual(3);
    for (let i = 1; i < sent.length; i++) expect(sent[i]!.atMs - sent[i - 1]!.atMs).toBeLessThanOrEqual(60);
    expect(last.payload).toEqual(payload(59));
    expect(rig.events.map((event) => event.type)).toEqual(["rtpStarted", "playoutStarted", "playoutEnded"]);
  });

  test("what waits in the jitter buffer is sent when relay takes over: nothing is lost", () => {
    const { rig, a, b, ann } = bridged({}, { ptimeMs: 30 });
    rig.speak(a, ann, payloads(20, 0));
    rig.graph.setParams(b, pcmuParams(20_000));
    rig.speak(a, ann, payloads(5, 20));
    const heard = new Set(rig.sentBy(b).flatMap((packet) => packet.payload[0]));
    expect(b.path).toBe("relay");
    expect(rig.sentBy(b).at(-1)?.payload).toEqual(payload(24));
    expect(heard.size).toBeGreaterThan(10);
    expectOneStream(rig.sentBy(b));
  });

  test("while one party hears a prompt, the other one's direction stays in relay", () => {
    const { rig, a, b, bob } = bridged();
    b.playout.enqueue({ prompt: "p", source: TONE, loop: 0 });
    rig.graph.reroute(b);
    rig.arrive(b, bob.audio(payload(9)), bob);
    expect(rig.sentBy(a)[0]?.payload).toEqual(payload(9));
    expect([a.path, b.path]).toEqual(["relay", "frames"]);
  });

  test("a party put on hold hears silence, and the relay comes back with it", () => {
    const { rig, a, b, ann } = bridged();
    rig.speak(a, ann, payloads(5));
    rig.graph.setParams(a, pcmuParams(10_000, { mayReceive: false }));
    rig.run(200);
    const onHold = rig.sentBy(b).slice(5);
    expect(onHold.length).toBeGreaterThanOrEqual(9);
    expect(onHold.every(isSilence)).toBe(true);
    rig.graph.setParams(a, pcmuParams(10_000));
    rig.speak(a, ann, payloads(5, 50));
    expect(rig.sentBy(b).at(-1)?.payload).toEqual(payload(54));
    expectOneStream(rig.sentBy(b));
  });

  test("a leg that leaves one bridge for another is heard only there", () => {
    const { rig, a, b, ann } = bridged();
    const c = rig.port("c", pcmuParams(30_000));
    rig.graph.setBridge("other", ["a", "c"]);
    rig.arrive(a, ann.audio(payload(1)), ann);
    expect(rig.sentBy(c).at(-1)?.payload).toEqual(payload(1));
    rig.run(100);
    expect(rig.sentBy(b).length).toBeGreaterThan(4);
    expect(rig.sentBy(b).every(isSilence)).toBe(true);
  });

  test("when a member is closed the other hears silence and its numbers go on", () => {
    const { rig, a, b, ann } = bridged();
    rig.speak(a, ann, payloads(5));
    rig.graph.removePort(a);
    rig.run(100);
    expect(rig.sentBy(b).slice(5).every(isSilence)).toBe(true);
    expect(rig.sentBy(b).length).toBeGreaterThan(8);
    expectOneStream(rig.sentBy(b));
  });
});

describe("frames", () => {
  test("three parties each hear the other two and not themselves", () => {
    const rig = new Rig();
    const udpPorts = [10_000, 20_000, 30_000];
    const ports = udpPorts.map((udpPort) => rig.port(`leg${udpPort}`, pcmuParams(udpPort)));
    const people = udpPorts.map((udpPort) => new FarEnd(udpPort));
    rig.graph.setBridge(
      "bridge",
      ports.map((port) => port.id),
    );
    // A constant level for each: what is heard tells who was summed.
    const codes = [0xcf, 0xc0, 0xb8];
    for (let tick = 0; tick < 50; tick++) {
      ports.forEach((port, i) => rig.arrive(port, people[i]!.audio(new Uint8Array(160).fill(codes[i]!)), people[i]!));
      rig.run(20);
    }
    const levels = codes.map((code) => PCMU_TO_PCM[code]!);
    ports.forEach((port, i) => {
      const heard = PCMU_TO_PCM[rig.sentBy(port).at(-1)!.payload[80]!]!;
      const others = levels.reduce((sum, level, j) => (j === i ? sum : sum + level), 0);
      expect(Math.abs(heard - others)).toBeLessThan(others * 0.05);
      expectOneStream(rig.sentBy(port));
    });
  });

  test("a leg alone sends silence every 20 ms", () => {
    const rig = new Rig();
    const a = rig.port("a", pcmuParams(10_000));
    rig.run(1000);
    const sent = rig.sentBy(a);
    expect(new Set(sent.slice(2).map((heard, i) => heard.atMs - sent[i + 1]!.atMs))).toEqual(new Set([20]));
    expect(sent.every(isSilence)).toBe(true);
    expect(sent.map((heard) => heard.marker).indexOf(true, 1)).toBe(-1);
    expectOneStream(sent);
    expect(a.path).toBe("idle");
  });

  test("legs are spread over the milliseconds of the tick", () => {
    const rig = new Rig();
    const ports = Array.from({ length: 40 }, (_, i) => rig.port(`leg${i}`, pcmuParams(1000 + i)));
    rig.run(100);
    const at = ports.map((port) => rig.sentBy(port).at(-1)!.atMs % 20);
    const perMs = Array.from({ length: 20 }, (_, ms) => at.filter((one) => one === ms).length);
    expect(perMs).toEqual(Array.from({ length: 20 }, () => 2));
  });

  test("a leg that may not send sends nothing, and its prompts still end", () => {
    const rig = new Rig();
    const a = rig.port("a", pcmuParams(10_000, { maySend: false }));
    a.playout.enqueue({ prompt: "p", source: TONE, loop: 1 });
    rig.graph.reroute(a);
    rig.run(300);
    expect(rig.sentBy(a)).toEqual([]);
    expect(rig.events.at(-1)).toMatchObject({ type: "playoutEnded", prompt: "p", reason: "completed" });
  });

  test("a loop that was asleep for a second skips ticks instead of sending fifty at once", () => {
    const rig = new Rig();
    const a = rig.port("a", pcmuParams(10_000));
    rig.run(100);
    const before = rig.sentBy(a).length;
    rig.nowMs += 1000;
    rig.step();
    expect(rig.sentBy(a).length - before).toBeLessThanOrEqual(6);
    expect(rig.graph.ticks.debtTicks).toBeGreaterThanOrEqual(44);
    rig.run(100);
    const sent = rig.sentBy(a);
    expectOneStream(sent);
    // The timestamps know of the time that passed.
    const span = (sent.at(-1)!.rtpTimestamp - sent[0]!.rtpTimestamp) | 0;
    expect(Math.abs(span / 8 - (sent.at(-1)!.atMs - sent[0]!.atMs))).toBeLessThanOrEqual(120);
  });
});

describe("echo", () => {
  test("sends back what comes, at once and as one stream", () => {
    const rig = new Rig();
    const a = rig.port("a", pcmuParams(10_000));
    const ann = new FarEnd(10_000);
    a.isEcho = true;
    rig.graph.reroute(a);
    rig.speak(a, ann, payloads(10));
    expect(rig.sentBy(a).map((heard) => heard.payload)).toEqual(Array.from({ length: 10 }, (_, n) => payload(n)));
    expectOneStream(rig.sentBy(a));
    expect(a.path).toBe("echo");
  });
});

describe("telephone-events", () => {
  const press = (digit: number, duration: number, isEnd: boolean): Uint8Array =>
    Uint8Array.of(digit, (isEnd ? 0x80 : 0) | 10, duration >> 8, duration & 255);

  function pressFive(rig: Rig, port: Port, who: FarEnd): void {
    const steps: [number, boolean][] = [
      [160, false],
      [320, false],
      [480, true],
      [480, true],
      [480, true],
    ];
    for (const [duration, isEnd] of steps) {
      rig.arrive(port, who.packet(press(5, duration, isEnd), 101, duration === 160), who);
      rig.run(20);
    }
    who.rtpTimestamp += 480;
  }

  test("pass through a relay with the payload type of the other side and are told once", () => {
    const { rig, a, b, ann } = bridged(
      {},
      { telephoneEvent: { txPayloadType: 96, rxPayloadType: 96, clockRateHz: 8000 } },
    );
    rig.speak(a, ann, payloads(3));
    pressFive(rig, a, ann);
    rig.speak(a, ann, payloads(3, 10));
    const events = rig.sentBy(b).filter((heard) => heard.payloadType === 96);
    expect(events.map((heard) => heard.payload[0])).toEqual([5, 5, 5, 5, 5]);
    expect(new Set(events.map((heard) => heard.rtpTimestamp)).size).toBe(1);
    expect(rig.events.filter((event) => event.type === "digit")).toEqual([
      { type: "digit", leg: "a", digit: "5", durationMs: 20 },
    ]);
    const sent = rig.sentBy(b);
    for (let i = 1; i < sent.length; i++) expect((sent[i]!.seq - sent[i - 1]!.seq) & 0xffff).toBe(1);
  });

  test("reach the other members also where frames are mixed", () => {
    const { rig, a, b, ann } = bridged({}, { ptimeMs: 30 });
    pressFive(rig, a, ann);
    const events = rig.sentBy(b).filter((heard) => heard.payloadType === 101);
    expect(events.map((heard) => heard.payload[3])).toEqual([160, 320 & 255, 480 & 255, 480 & 255, 480 & 255]);
    expect(new Set(events.map((heard) => heard.rtpTimestamp)).size).toBe(1);
  });

  test("of our own take the place of audio and end with digitsSent", () => {
    const { rig, a, b, ann } = bridged();
    rig.speak(a, ann, payloads(3));
    b.sendDigits("12", 100);
    rig.graph.reroute(b);
    rig.speak(a, ann, payloads(40, 3));
    const digits = rig.sentBy(b).filter((heard) => heard.payloadType === 101);
    expect(new Set(digits.map((heard) => heard.payload[0]))).toEqual(new Set([1, 2]));
    expect(rig.events.filter((event) => event.type === "digitsSent")).toEqual([{ type: "digitsSent", leg: "b" }]);
    expect(b.path).toBe("relay");
    const sent = rig.sentBy(b);
    for (let i = 1; i < sent.length; i++) expect((sent[i]!.seq - sent[i - 1]!.seq) & 0xffff).toBe(1);
  });
});

describe("silence of the far end", () => {
  test("is told once, and again after it has spoken", () => {
    const rig = new Rig({ mediaSilenceMs: 1000 });
    const a = rig.port("a", pcmuParams(10_000));
    const ann = new FarEnd(10_000);
    rig.run(3000);
    expect(rig.events.filter((event) => event.type === "rtpSilent").length).toBe(1);
    rig.speak(a, ann, payloads(2));
    rig.run(3000);
    expect(rig.events.filter((event) => event.type === "rtpSilent").length).toBe(2);
  });

  test("is not told of a leg we have put on hold", () => {
    const rig = new Rig({ mediaSilenceMs: 1000 });
    rig.port("a", pcmuParams(10_000, { mayReceive: false }));
    rig.run(3000);
    expect(rig.events).toEqual([]);
  });
});
