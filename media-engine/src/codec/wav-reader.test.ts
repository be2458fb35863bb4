import { expect, test } from "vitest";
import { seeded } from "../../test/sound.ts";
import { makeWav } from "../../test/wav.ts";
import { sniffContainer } from "./sniff.ts";
import { readWavHeader } from "./wav-header.ts";
import { readWav } from "./wav-reader.ts";

test("damaged files are read or refused, never thrown at", () => {
  const next = seeded(8);
  const out = new Float32Array(500);
  const kinds = [
    { tag: 1, bits: 24, channels: 2, rateHz: 8000, isExtensible: true },
    { tag: 3, bits: 64, channels: 1, rateHz: 8000 },
  ].map((kind) => makeWav(kind, { frequencyHz: 440, seconds: 0.05 }));
  for (let i = 0; i < 20_000; i++) {
    const whole = kinds[i & 1]!;
    const bytes = whole.slice(0, Math.floor(next() * whole.length));
    for (let change = 0; change < 4; change++)
      bytes[Math.floor(next() * Math.min(80, bytes.length))] = Math.floor(next() * 256);
    const read = readWav(bytes);
    if ("sound" in read) {
      const count = read.sound.read(Math.max(0, read.sound.length - 100), out);
      expect(out.subarray(0, count).every((sample) => Math.abs(sample) <= 1)).toBe(true);
    }
    readWavHeader(bytes);
    sniffContainer(bytes);
  }
});
