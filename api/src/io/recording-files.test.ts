import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { recordingFolder } from "./recording-files.ts";

let outer = "";
beforeAll(() => {
  outer = mkdtempSync(join(tmpdir(), "voepy-files-"));
  mkdirSync(join(outer, "recordings/a"), { recursive: true });
  writeFileSync(join(outer, "secret"), "not yours");
  writeFileSync(
    join(outer, "recordings/a/one.wav"),
    Uint8Array.from({ length: 200_000 }, (_, i) => i % 251),
  );
  symlinkSync(join(outer, "secret"), join(outer, "recordings/link.wav"));
});
afterAll(() => rmSync(outer, { recursive: true, force: true }));

describe("the folder of recordings", () => {
  test("streams any part of a file, byte for byte", async () => {
    const file = await recordingFolder(join(outer, "recordings")).open("a/one.wav");
    expect(file?.sizeBytes).toBe(200_000);
    const bytes = await new Response(file?.stream(70_000, 199_998)).bytes();
    expect(bytes.length).toBe(129_999);
    expect(bytes[0]).toBe(70_000 % 251);
    expect(bytes.at(-1)).toBe(199_998 % 251);
  });

  test("gives nothing outside itself, by dots, absolute paths or links", async () => {
    const files = recordingFolder(join(outer, "recordings"));
    for (const path of ["../secret", "a/../../secret", join(outer, "secret"), "link.wav", "", ".", "a", "none.wav"])
      expect(await files.open(path)).toBeUndefined();
  });

  test("removes only inside itself, and takes a missing file for removed", async () => {
    const files = recordingFolder(join(outer, "recordings"));
    writeFileSync(join(outer, "recordings/gone.wav"), "x");
    await files.remove("gone.wav");
    await files.remove("gone.wav");
    await files.remove("../secret");
    expect(await files.open("gone.wav")).toBeUndefined();
    expect(existsSync(join(outer, "secret"))).toBe(true);
  });

  test("that is not there holds nothing", async () => {
    expect(await recordingFolder(join(outer, "nowhere")).open("a/one.wav")).toBeUndefined();
  });
});
