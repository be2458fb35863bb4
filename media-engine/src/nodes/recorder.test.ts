import { expect, test } from "vitest";
import { makeRecordingRig, tapPacket } from "../../test/recording-rig.ts";
import { seeded, shareOf, sine } from "../../test/sound.ts";
import { energy } from "../dsp/energy.ts";

const FRAME = 160;

/** The longest run of near-silence inside `pcm[from .. to)`, in samples. */
function longestHole(pcm: Int16Array, from: number, to: number): number {
  let longest = 0;
  let run = 0;
  for (let i = from; i < to; i++) {
    run = Math.abs(pcm[i]!) < 50 ? run + 1 : 0;
    longest = Math.max(longest, run);
  }
  return longest;
}

test("a dual recording has what the leg says on the left and what it hears on the right", async () => {
  const rig = await makeRecordingRig();
  const tap = rig.start({}, 5000);
  const [said, heard] = [sine(440, 40_000), sine(620, 40_000)];
  for (let i = 0; i < 250; i++) {
    const atMs = 5000 + i * 20;
    tapPacket(tap, "rx", { atMs, pcm: said.subarray(i * FRAME, (i + 1) * FRAME), rtpTimestamp: 1000 + i * FRAME });
    tapPacket(tap, "tx", {
      atMs: atMs + 7,
      pcm: heard.subarray(i * FRAME, (i + 1) * FRAME),
      rtpTimestamp: 9_999_999 + i * FRAME,
    });
    rig.recorder.step(777_000 + i * 20);
  }
  tap.close("stopped", 5000 + 5000);
  rig.recorder.step(782_000);
  const [left, right] = rig.channelsOf();
  expect(shareOf(left!, 440)).toBeGreaterThan(0.99);
  expect(shareOf(right!, 620)).toBeGreaterThan(0.99);
  expect(longestHole(left!, 0, 40_000)).toBeLessThan(5);
  expect(rig.events).toEqual([
    { type: "recordingClosed", recording: "rec", durationMs: 5000, sizeBytes: 44 + 160_000, reason: "stopped" },
  ]);
});

test("a single recording has both mixed", async () => {
  const rig = await makeRecordingRig();
  const tap = rig.start({ channels: "single" });
  const [said, heard] = [sine(440, 16_000), sine(620, 16_000)];
  for (let i = 0; i < 100; i++) {
    tapPacket(tap, "rx", { atMs: i * 20, pcm: said.subarray(i * FRAME, (i + 1) * FRAME), rtpTimestamp: i * FRAME });
    tapPacket(tap, "tx", { atMs: i * 20, pcm: heard.subarray(i * FRAME, (i + 1) * FRAME), rtpTimestamp: i * FRAME });
    rig.recorder.step(i * 20);
  }
  tap.close("legClosed", 2000);
  rig.recorder.step(2000);
  const [both, none] = rig.channelsOf();
  expect(none).toBeUndefined();
  expect(shareOf(both!, 440)).toBeCloseTo(0.5, 1);
  expect(shareOf(both!, 620)).toBeCloseTo(0.5, 1);
});

test("jitter and reordering are not heard, a loss is silence of its exact length", async () => {
  const rig = await makeRecordingRig();
  const tap = rig.start();
  const next = seeded(4);
  const said = sine(440, 80_000);
  const arrivals = Array.from({ length: 500 }, (_, i) => ({ i, atMs: i * 20 + next() * 60 }))
    .filter(({ i }) => i !== 300 && i !== 301)
    .sort((a, b) => a.atMs - b.atMs);
  for (const { i, atMs } of arrivals) {
    tapPacket(tap, "rx", { atMs, pcm: said.subarray(i * FRAME, (i + 1) * FRAME), rtpTimestamp: i * FRAME, seq: i });
    rig.recorder.step(atMs);
  }
  tap.close("stopped", 10_000);
  rig.recorder.step(10_100);
  const [left] = rig.channelsOf();
  expect(longestHole(left!, 1000, 47_000)).toBeLessThan(6);
  expect(longestHole(left!, 49_000, 79_000)).toBeLessThan(6);
  expect(Math.abs(longestHole(left!, 47_000, 49_500) - 320)).toBeLessThan(8);
});

test("a switch of path is neither a gap nor a jump: packets at arrival, then 40 ms later, then at arrival again", async () => {
  const rig = await makeRecordingRig();
  const tap = rig.start();
  const heard = sine(620, 80_000);
  for (let i = 0; i < 480; i++) {
    const laterMs = i >= 150 && i < 300 ? 40 : 0;
    tapPacket(tap, "tx", {
      atMs: i * 20 + laterMs,
      pcm: heard.subarray(i * FRAME, (i + 1) * FRAME),
      rtpTimestamp: i * FRAME,
    });
    rig.recorder.step(i * 20 + laterMs);
  }
  tap.close("stopped", 9600);
  rig.recorder.step(9700);
  const right = rig.channelsOf()[1]!;
  expect(longestHole(right, 0, 76_000)).toBeLessThan(5);
  for (let at = 0; at < 76_000; at += 800)
    expect(shareOf(right.subarray(at, at + 800), 620), `at sample ${at}`).toBeGreaterThan(0.9);
});

test("a switch from packets to frames and back is neither a gap nor a jump", async () => {
  const rig = await makeRecordingRig();
  const tap = rig.start();
  const said = sine(440, 64_000);
  for (let i = 0; i < 400; i++) {
    const pcm = said.subarray(i * FRAME, (i + 1) * FRAME);
    const isFrames = i >= 100 && i < 250;
    if (isFrames) tap.rxFrame(pcm, i * 20 + 50);
    else tapPacket(tap, "rx", { atMs: i * 20, pcm, rtpTimestamp: i * FRAME, ssrc: i < 100 ? 1 : 2 });
    rig.recorder.step(i * 20 + 50);
  }
  tap.close("stopped", 8000);
  rig.recorder.step(8100);
  const left = rig.channelsOf()[0]!;
  expect(longestHole(left, 0, 63_000)).toBeLessThan(5);
});

test.each([100, -100])(
  "after thirty minutes a sender's clock %i ppm off is less than 40 ms off the time line",
  async (ppm) => {
    const rig = await makeRecordingRig();
    const tap = rig.start();
    const silence = new Int16Array(FRAME);
    const click = Int16Array.from({ length: FRAME }, () => 8000);
    const minutes = 30;
    const packets = minutes * 60 * 50;
    for (let i = 0; i < packets; i++) {
      const atMs = (i * 20) / (1 + ppm / 1e6);
      // A click in the last packet of every minute.
      tapPacket(tap, "rx", {
        atMs,
        pcm: i % 3000 === 2999 ? click : silence,
        rtpTimestamp: i * FRAME,
        seq: i & 0xffff,
      });
      if (i % 5 === 0) rig.recorder.step(atMs);
    }
    const endMs = minutes * 60_000 + 1000;
    tap.close("stopped", endMs);
    rig.recorder.step(endMs);
    const left = rig.channelsOf()[0]!;
    const expectedAt = Math.round((((packets - 1) * 20) / (1 + ppm / 1e6)) * 8);
    const from = left.length - 16_000;
    const foundAt = from + left.subarray(from).findIndex((sample) => sample > 4000);
    expect(Math.abs(foundAt - expectedAt)).toBeLessThan(40 * 8);
  },
  60_000,
);

test("what was said up to a second ago is always in the part file", async () => {
  const rig = await makeRecordingRig();
  const tap = rig.start();
  for (let i = 0; i < 500; i++) {
    tapPacket(tap, "rx", { atMs: i * 20, pcm: new Int16Array(FRAME), rtpTimestamp: i * FRAME });
    if (i % 5 === 0) rig.recorder.step(i * 20);
    const writtenMs = (rig.files.parts.get("/r/a.wav.part")!.sizeBytes - 44) / 32;
    expect(i * 20 - writtenMs).toBeLessThan(1000);
  }
});

test("silence without any packet is recorded as silence, in real length", async () => {
  const rig = await makeRecordingRig();
  const tap = rig.start({}, 100);
  for (let ms = 0; ms < 30_000; ms += 100) rig.recorder.step(ms);
  tap.close("stopped", 30_100);
  rig.recorder.step(30_000);
  const [left, right] = rig.channelsOf();
  expect([left!.length, energy(left!, 0, left!.length), energy(right!, 0, right!.length)]).toEqual([240_000, 0, 0]);
});

test("maxMs ends a recording to the sample, and says why", async () => {
  const rig = await makeRecordingRig();
  const tap = rig.start({ maxMs: 1500 });
  for (let i = 0; i < 200; i++) {
    tapPacket(tap, "rx", { atMs: i * 20, pcm: new Int16Array(FRAME), rtpTimestamp: i * FRAME });
    rig.recorder.step(i * 20);
  }
  expect(rig.channelsOf()[0]!.length).toBe(12_000);
  expect(rig.events).toMatchObject([{ type: "recordingClosed", durationMs: 1500, reason: "maxLength" }]);
});

test("a thread that comes seconds late loses nothing that the ring holds", async () => {
  const rig = await makeRecordingRig();
  const tap = rig.start();
  const said = sine(440, 64_000);
  for (let i = 0; i < 300; i++) {
    tapPacket(tap, "rx", { atMs: i * 20, pcm: said.subarray(i * FRAME, (i + 1) * FRAME), rtpTimestamp: i * FRAME });
    if (i === 0) rig.recorder.step(0);
  }
  tap.close("stopped", 6000);
  rig.recorder.step(6000);
  expect(longestHole(rig.channelsOf()[0]!, 0, 47_900)).toBeLessThan(5);
  expect(tap.dropped).toBe(0);
});

test("an MP3 is made slice by slice after the end, and its part goes", async () => {
  const rig = await makeRecordingRig();
  const tap = rig.start({ path: "/r/a.mp3", format: "mp3" });
  const said = sine(440, 8 * 25_000);
  for (let i = 0; i < 1250; i++) {
    tapPacket(tap, "rx", { atMs: i * 20, pcm: said.subarray(i * FRAME, (i + 1) * FRAME), rtpTimestamp: i * FRAME });
    rig.recorder.step(i * 20);
  }
  tap.close("stopped", 25_000);
  rig.recorder.step(25_000);
  expect([rig.events.length, rig.recorder.openCount]).toEqual([0, 1]);
  rig.recorder.step(25_100);
  rig.recorder.step(25_200);
  expect(rig.events).toMatchObject([{ type: "recordingClosed", durationMs: 25_000 }]);
  const mp3 = rig.files.published.get("/r/a.mp3")!;
  expect([mp3[0], mp3[1]! & 0xe0]).toEqual([0xff, 0xe0]);
  expect(mp3.length / 8 / 1000).toBeCloseTo(25, 0);
  expect([...rig.files.parts.keys()]).toEqual([]);
});

test("a full disk fails that recording by name, the others go on", async () => {
  const rig = await makeRecordingRig();
  const first = rig.start({ recording: "first", path: "/r/first.wav" });
  rig.files.failAt = 60_000;
  for (let i = 0; i < 200; i++) {
    tapPacket(first, "rx", { atMs: i * 20, pcm: new Int16Array(FRAME), rtpTimestamp: i * FRAME });
    rig.recorder.step(i * 20);
  }
  expect(rig.events).toMatchObject([{ type: "recordingFailed", recording: "first" }]);
  rig.files.failAt = Number.POSITIVE_INFINITY;
  const second = rig.start({ recording: "second", path: "/r/second.wav" }, 4000);
  tapPacket(second, "rx", { atMs: 4000, pcm: new Int16Array(FRAME), rtpTimestamp: 0 });
  rig.recorder.step(4100);
  second.close("stopped", 4500);
  rig.recorder.step(4600);
  expect(rig.events.at(-1)).toMatchObject({ type: "recordingClosed", recording: "second", durationMs: 500 });
  expect(rig.files.parts.has("/r/first.wav.part")).toBe(true);
});

test("abandoning keeps what has come; closing finishes everything", async () => {
  const rig = await makeRecordingRig();
  const lost = rig.start({ recording: "lost", path: "/r/lost.wav" });
  rig.start({ recording: "open", path: "/r/open.wav" });
  for (let i = 0; i < 100; i++)
    tapPacket(lost, "rx", { atMs: i * 20, pcm: new Int16Array(FRAME), rtpTimestamp: i * FRAME });
  rig.recorder.abandon("lost");
  rig.recorder.close();
  expect(rig.events).toMatchObject([
    { recording: "lost", durationMs: 1980, reason: "legClosed" },
    { recording: "open", durationMs: 0, reason: "legClosed" },
  ]);
  expect(rig.recorder.openCount).toBe(0);
});

test("random packets neither throw nor stop a recording", async () => {
  const rig = await makeRecordingRig();
  const tap = rig.start();
  const next = seeded(9);
  const bytes = new Uint8Array(1500);
  for (let i = 0; i < 5000; i++) {
    const packet = {
      seq: Math.floor(next() * 65_536),
      rtpTimestamp: Math.floor(next() * 2 ** 32),
      ssrc: Math.floor(next() * 4),
      payloadType: 0,
      marker: false,
      payloadOffset: 12,
      payloadSize: Math.floor(next() * 1480),
    };
    tap.rxPacket(bytes, packet, i * 2);
    rig.recorder.step(i * 2);
  }
  tap.close("stopped", 10_000);
  rig.recorder.step(10_000);
  expect(rig.events).toMatchObject([{ type: "recordingClosed", durationMs: 10_000 }]);
}, 30_000);
