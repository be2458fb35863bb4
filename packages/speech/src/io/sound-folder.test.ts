import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LogFields, silentLog } from "@voepy/base";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeSoundFolder } from "./sound-folder.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "voepy-sounds-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const key = (letter: string): string => letter.repeat(64);
const open = (maxBytes = 250) => makeSoundFolder({ folder, maxBytes, log: silentLog });

test("what was kept is there for the next process, halves of files are not", async () => {
  await open().write(key("a"), Uint8Array.of(1, 2, 3));
  await writeFile(join(folder, `${key("b")}.wav.part`), "half");
  const again = open();
  expect(await again.read(key("a"))).toEqual(Buffer.from([1, 2, 3]));
  expect(await again.read(key("b"))).toBeUndefined();
  expect(await readdir(folder)).toEqual([`${key("a")}.wav`]);
});

test("the least recently used go when there is no room, and what is larger than all is not kept", async () => {
  const sounds = open();
  for (const letter of ["a", "b"]) await sounds.write(key(letter), new Uint8Array(100));
  await sounds.read(key("a"));
  await sounds.write(key("c"), new Uint8Array(100));
  await sounds.write(key("d"), new Uint8Array(251));
  expect((await readdir(folder)).toSorted()).toEqual([`${key("a")}.wav`, `${key("c")}.wav`]);
});

test("a file that has gone, and a disk that takes nothing, cost only the cache", async () => {
  const told: LogFields[] = [];
  const log = { ...silentLog, warn: (_: string, fields: LogFields = {}) => void told.push(fields) };
  const sounds = makeSoundFolder({ folder, maxBytes: 250, log });
  await sounds.write(key("a"), new Uint8Array(10));
  await rm(folder, { recursive: true });
  expect(await sounds.read(key("a"))).toBeUndefined();
  await sounds.write(key("b"), new Uint8Array(10));
  expect(told).toHaveLength(2);
});
