import { CodedError } from "@voepy/base";
import { describe, expect, test } from "vitest";
import { shareOf } from "../../test/sound.ts";
import { makeWav } from "../../test/wav.ts";
import { PromptStore, type PromptStoreOptions } from "./prompt-store.ts";

function makeStore(options: Partial<PromptStoreOptions> = {}): PromptStore {
  return new PromptStore({
    breathe: () => Promise.resolve(),
    decodeOther: () => Promise.reject(new Error("nothing here decodes that")),
    ...options,
  });
}

describe("every kind of WAV is played at its pitch", () => {
  test.each([
    { tag: 1, bits: 8, channels: 1, rateHz: 8000 },
    { tag: 1, bits: 16, channels: 1, rateHz: 8000 },
    { tag: 1, bits: 16, channels: 2, rateHz: 44_100 },
    { tag: 1, bits: 24, channels: 1, rateHz: 48_000 },
    { tag: 1, bits: 32, channels: 6, rateHz: 22_050 },
    { tag: 3, bits: 32, channels: 2, rateHz: 16_000 },
    { tag: 3, bits: 64, channels: 1, rateHz: 96_000 },
    { tag: 6, bits: 8, channels: 1, rateHz: 8000 },
    { tag: 7, bits: 8, channels: 2, rateHz: 11_025 },
    { tag: 1, bits: 16, channels: 2, rateHz: 32_000, isExtensible: true },
  ])("format $tag, $bits bits, $channels channels, $rateHz Hz", async (format) => {
    const store = makeStore();
    const prepared = await store.prepare("k", makeWav(format, { frequencyHz: 440, seconds: 1 }));
    const pcm = store.pcm("k", 8000)!;
    expect(prepared).toEqual({ key: "k", durationMs: 1000 });
    expect(shareOf(pcm.subarray(400, 7600), 440)).toBeGreaterThan(0.98);
    expect(pcm.buffer).toBeInstanceOf(SharedArrayBuffer);
  });
});

const format = { tag: 1, bits: 16, channels: 1, rateHz: 8000 };
const second = (frequencyHz = 440): Uint8Array => makeWav(format, { frequencyHz, seconds: 1 });

describe("files that lie", () => {
  const patched = (at: number, ...values: number[]): Uint8Array => {
    const bytes = second();
    bytes.set(values, at);
    return bytes;
  };

  test.each([
    ["a data size of 4 GiB", patched(40, 255, 255, 255, 255), 1000],
    ["a RIFF size of zero", patched(4, 0, 0, 0, 0), 1000],
    ["a file cut short", second().subarray(0, 44 + 8001), 500],
  ])("%s is played as far as it goes", async (_, bytes, durationMs) => {
    expect(await makeStore().prepare("k", bytes)).toEqual({ key: "k", durationMs });
  });

  test.each([
    ["no channels", patched(22, 0, 0), "0 channels"],
    ["60000 channels", patched(22, 0x60, 0xea), "60000 channels"],
    ["a rate of zero", patched(24, 0, 0, 0, 0), "a rate of 0 Hz"],
    ["a rate of 4 GHz", patched(24, 255, 255, 255, 255), "a rate of 4294967295 Hz"],
    ["a format nobody knows", patched(20, 0x55, 0), "format 85 of 16 bits"],
    ["17 bits", patched(34, 17, 0), "format 1 of 17 bits"],
    ["no data", second().subarray(0, 36), "no data"],
    ["data of no length", second().subarray(0, 44), "no sound"],
    ["a chunk that claims to be endless", patched(16, 255, 255, 255, 255), "no data"],
  ])("%s is refused by name", async (_, bytes, said) => {
    const error = await makeStore()
      .prepare("k", bytes)
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CodedError);
    expect(error).toMatchObject({ code: "media_unreachable", message: expect.stringContaining(said) });
  });
});

test("what cannot be decoded is not kept, and may be tried again", async () => {
  const store = makeStore();
  await expect(store.prepare("k", Uint8Array.of(1, 2, 3))).rejects.toThrow("nothing here decodes that");
  expect(store.has("k")).toBe(false);
  await expect(store.prepare("k", second())).resolves.toBeDefined();
});

test("prepared at the same time and again, a prompt is decoded once", async () => {
  let decoded = 0;
  const store = makeStore({
    decodeOther: () => {
      decoded++;
      return Promise.resolve(new Uint8Array(3200));
    },
  });
  const bytes = Uint8Array.of(1);
  const all = await Promise.all([store.prepare("k", bytes), store.prepare("k", bytes), store.prepare("k", bytes)]);
  await store.prepare("k", bytes);
  expect(decoded).toBe(1);
  expect(all[2]).toEqual({ key: "k", durationMs: 200 });
});

test("past the bound the least recently used goes", async () => {
  const store = makeStore({ maxBytes: 40_000 });
  await store.prepare("a", second());
  await store.prepare("b", second());
  store.pcm("a", 8000);
  await store.prepare("c", second());
  expect(["a", "b", "c"].map((key) => store.has(key))).toEqual([true, false, true]);
});

test("another rate is made of what is kept, once", async () => {
  const store = makeStore();
  await store.prepare("k", second());
  const wide = store.pcm("k", 16_000)!;
  expect(wide.length).toBe(16_000);
  expect(shareOf(wide.subarray(800, 15_200), 440, 16_000)).toBeGreaterThan(0.99);
  expect(store.pcm("k", 16_000)).toBe(wide);
});
