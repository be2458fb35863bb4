import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readPcap } from "./pcap.ts";
import { readRtp } from "./rtp-packet.ts";
import { heardHz, makeTone } from "./tone-id.ts";
import { makeWav, readWav } from "./wav.ts";

const CAPTURES = "../shared/fixtures/pcap";
const hasCaptures = existsSync(`${CAPTURES}/index.json`);

test("a WAV file that was written is read back to the sample, mono and stereo", () => {
  const [left, right] = [makeTone(440, 50), makeTone(620, 50)];
  expect(readWav(makeWav([left]))).toEqual({ rateHz: 8000, channels: [left] });
  expect(readWav(makeWav([left, right], 16_000))).toEqual({ rateHz: 16_000, channels: [left, right] });
});

test("chunks of no interest are stepped over, odd lengths padded", () => {
  const wav = makeWav([Int16Array.of(1, 2, 3)]);
  const odd = Uint8Array.from([
    ...wav.subarray(0, 36),
    ...Buffer.from("LIST"),
    3,
    0,
    0,
    0,
    9,
    9,
    9,
    0,
    ...wav.subarray(36),
  ]);
  new DataView(odd.buffer).setUint32(4, odd.length - 8, true);
  expect(readWav(odd).channels[0]).toEqual(Int16Array.of(1, 2, 3));
});

test("a WAV file that lies about its size or is something else is refused with the reason", () => {
  const wav = makeWav([makeTone(440, 20)]);
  expect(() => readWav(wav.subarray(0, wav.length - 1))).toThrow(/RIFF says/);
  expect(() => readWav(Buffer.from("not a wav at all"))).toThrow(/not a WAV/);
  new DataView(wav.buffer).setUint32(40, 1_000_000, true);
  expect(() => readWav(wav)).toThrow(/data runs past/);
});

test("something that is no capture is refused", () => {
  expect(() => readPcap(new Uint8Array(100))).toThrow(/not a classic pcap/);
  expect(() => readPcap(new Uint8Array(3))).toThrow(/not a classic pcap/);
});

interface CaptureNote {
  readonly file: string;
  readonly packets: number;
  readonly seconds: number;
  readonly payloadTypes: Readonly<Record<string, number>>;
}

test.runIf(hasCaptures)("the captures hold the packets, payload types and time their index says", () => {
  const index: { files: CaptureNote[] } = JSON.parse(readFileSync(`${CAPTURES}/index.json`, "utf8"));
  const notes = index.files.filter((note) => note.file.endsWith(".pcap"));
  expect(notes.length).toBeGreaterThan(3);
  for (const note of notes) {
    const packets = readPcap(readFileSync(`${CAPTURES}/${note.file}`));
    expect(packets.length, note.file).toBe(note.packets);
    expect(packets.at(-1)!.atMs / 1000, note.file).toBeCloseTo(note.seconds, 1);
    const types: Record<string, number> = {};
    for (const { payload } of packets) {
      const rtp = readRtp(payload);
      if (rtp !== undefined && note.payloadTypes[rtp.payloadType] !== undefined)
        types[rtp.payloadType] = (types[rtp.payloadType] ?? 0) + 1;
    }
    expect(types, note.file).toEqual(note.payloadTypes);
  }
});

test("a written tone is heard from the file", () => {
  expect(heardHz(readWav(makeWav([makeTone(880, 400)])).channels[0]!)).toEqual([880]);
});
