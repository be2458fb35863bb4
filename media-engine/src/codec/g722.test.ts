import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { alignedSnrDb, seeded, sine, voice } from "../../test/sound.ts";
import { codecCases } from "./codec.cases.ts";
import { g722 } from "./g722.ts";

codecCases(g722, { leastSnrDb: 19 });
codecCases(g722, { leastSnrDb: 19, rateHz: 8000 });

/** Sweep, noise, the loudest square and a quiet hum: everything that saturates something. Whole numbers only. */
function hardSound(): Int16Array {
  const random = seeded(1);
  return Int16Array.from({ length: 64_000 }, (_, i) => {
    if (i < 16_000) return ((i * i) >> 7) & 0x8000 ? 20_000 : -20_000;
    if (i < 32_000) return Math.floor(random() * 65_536) - 32_768;
    if (i < 48_000) return i % 40 < 20 ? 32_767 : -32_768;
    return ((i % 53) - 26) * 100 + Math.floor(random() * 100);
  });
}

function sha256(bytes: Uint8Array | Int16Array): string {
  return createHash("sha256")
    .update(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength))
    .digest("hex");
}

function encoded(pcm: Int16Array): Uint8Array {
  const encoder = g722.makeEncoder();
  const bytes = new Uint8Array(pcm.length / 2);
  for (let at = 0; at < pcm.length; at += 320) encoder.encode(pcm.subarray(at, at + 320), at / 2, bytes);
  return bytes;
}

test("encodes bit for bit as ffmpeg's g722 does", () => {
  expect(sha256(encoded(hardSound()))).toBe("ab85a4c005eb30a00418eedf9b89cb8fef4dc086b6416900bfbc9d6cbf94917d");
});

test("decodes bit for bit as ffmpeg's g722 does, which passes the vectors of ITU-T G.722 appendix II", () => {
  const bytes = encoded(hardSound());
  const out = new Int16Array(bytes.length * 2);
  g722.makeDecoder().decode(bytes, 0, bytes.length, out);
  expect(sha256(out)).toBe("97c92e4dced737f62d296c226d522b18f73f96f9cb30719ad474a9e90f1e2d99");
  const random = seeded(2);
  const noise = Uint8Array.from({ length: 32_000 }, () => Math.floor(random() * 256));
  g722.makeDecoder().decode(noise, 0, noise.length, out);
  expect(sha256(out)).toBe("9f63193ed59f26d55fbfddb90d7e0b282397bd63e8791f6fd620f1b7bc17c277");
});

test("packets of any length give the same sound", () => {
  const bytes = encoded(voice(16_000, 16_000));
  const whole = new Int16Array(16_000);
  g722.makeDecoder().decode(bytes, 0, bytes.length, whole);
  const decoder = g722.makeDecoder();
  const pieces = new Int16Array(16_000);
  let at = 0;
  for (let size = 1; at < bytes.length; size = (size * 7) % 479) {
    const count = Math.min(size, bytes.length - at);
    decoder.decode(bytes, at, count, pieces.subarray(2 * at));
    at += count;
  }
  expect(pieces).toEqual(whole);
});

test("what is encoded narrow is heard by a wide decoder, and the other way round", () => {
  const meant = voice(8000);
  const bytes = new Uint8Array(8000);
  g722.makeEncoder({ rateHz: 8000 }).encode(meant, 0, bytes);
  const wide = new Int16Array(16_000);
  g722.makeDecoder().decode(bytes, 0, bytes.length, wide);
  expect(alignedSnrDb(voice(16_000, 16_000), wide, 60)).toBeGreaterThan(18);
  g722.makeEncoder().encode(voice(16_000, 16_000), 0, bytes);
  const narrow = new Int16Array(8000);
  g722.makeDecoder({ rateHz: 8000 }).decode(bytes, 0, bytes.length, narrow);
  expect(alignedSnrDb(meant, narrow, 60)).toBeGreaterThan(18);
});

test("changing the rate in the middle is heard as one sound on both sides", () => {
  const encoder = g722.makeEncoder({ rateHz: 8000 });
  const decoder = g722.makeDecoder({ rateHz: 16_000 });
  const bytes = new Uint8Array(160);
  const heard = new Int16Array(50 * 320);
  const [narrow, wide] = [sine(800, 8000, 8000, 8000), sine(800, 16_000, 8000, 16_000)];
  for (let i = 0; i < 50; i++) {
    if (i === 25) encoder.setRate?.(16_000);
    const frame = i < 25 ? narrow.subarray(160 * i, 160 * (i + 1)) : wide.subarray(320 * i, 320 * (i + 1));
    encoder.encode(frame, 0, bytes);
    decoder.decode(bytes, 0, 160, heard.subarray(320 * i));
  }
  let loudest = 0;
  for (let i = 400; i < heard.length; i++) loudest = Math.max(loudest, Math.abs(heard[i]! - heard[i - 1]!));
  // A sine of 8000 at 800 Hz moves by 2513 a sample at most.
  expect(loudest).toBeLessThan(4500);
});
