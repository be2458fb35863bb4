import { expect, test } from "vitest";
import { seeded } from "../../test/sound.ts";
import { putIndexFirst } from "./mp4-index-first.ts";

function box(type: string, ...content: (number | Uint8Array)[]): Uint8Array {
  const inside = content.flatMap((part) => (typeof part === "number" ? [part] : [...part]));
  const size = 8 + inside.length;
  return Uint8Array.from([0, 0, size >> 8, size & 255, ...Array.from(type, (c) => c.charCodeAt(0)), ...inside]);
}

function join(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

const ftyp = box("ftyp", 1, 2, 3, 4);
const mdat = box("mdat", 9, 9, 9, 9, 9, 9);

/** An index naming one chunk at `place`, in a 32-bit and in a 64-bit table. */
function moov(place: number): Uint8Array {
  const stco = box("stco", 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, place);
  const co64 = box("co64", 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, place);
  return box("moov", box("mvhd", 5), box("trak", box("mdia", box("minf", box("stbl", stco, co64)))));
}

test("an index behind the sound comes to the front, and still points at the sound", () => {
  const before = join(ftyp, mdat, moov(ftyp.length + 8), box("free"));
  const size = moov(0).length;
  expect(putIndexFirst(before)).toEqual(join(ftyp, moov(ftyp.length + 8 + size), mdat, box("free")));
});

test("a file whose index is first, and one without any, stay as they are", () => {
  for (const bytes of [join(ftyp, moov(50), mdat), join(ftyp, mdat), new Uint8Array(0), ftyp])
    expect(putIndexFirst(bytes)).toBe(bytes);
});

test("broken sizes neither throw nor read past the end", () => {
  const next = seeded(6);
  const whole = join(ftyp, mdat, moov(24));
  for (let i = 0; i < 5000; i++) {
    const bytes = whole.slice(0, Math.floor(next() * whole.length) + 1);
    for (let change = 0; change < 3; change++) bytes[Math.floor(next() * bytes.length)] = Math.floor(next() * 256);
    expect(putIndexFirst(bytes).length).toBe(bytes.length);
  }
});
