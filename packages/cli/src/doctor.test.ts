import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { lineOf, runDoctor } from "./doctor.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "voepy-cli-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function doctor(yaml: string, isTTY: boolean, asJson = false): Promise<{ status: number; text: string }> {
  const file = join(folder, "voepy.yaml");
  writeFileSync(file, yaml);
  let text = "";
  const status = await runDoctor(file, asJson, { isTTY, write: (more) => (text += more) });
  return { status, text };
}

test("piped or asked for, findings are JSON lines; what failed makes the exit status 1", async () => {
  for (const [isTTY, asJson] of [
    [false, false],
    [true, true],
  ] as const) {
    const { status, text } = await doctor("unknown: 1\n", isTTY, asJson);
    expect(status).toBe(1);
    expect(
      text
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { check: "config", status: "fail", detail: expect.stringContaining("unknown key"), advice: expect.any(String) },
    ]);
  }
});

test("on a terminal there is a line each, the advice below it, and a sum", async () => {
  const { text } = await doctor("unknown: 1\n", true);
  expect(text).toMatch(/fail.* config: .*unknown key unknown\n {5}→ correct it/);
  expect(text).toMatch(/\n0 ok, 0 to look at, 1 failed\n$/);
});

test("text from outside does not steer the terminal", () => {
  expect(lineOf({ check: "x", status: "ok", detail: "a\x1b[2Jb\r\n" }, false)).toBe("ok   x: a [2Jb  \n");
});

test("@net with nothing wrong the exit status is 0", async () => {
  const yaml = `
data_dir: ${folder}/data
sip: {listeners: [{transport: udp, host: 127.0.0.1, port: 0}]}
api: {port: 0}
media: {address: 127.0.0.1, ports: 40200-40299, io: dgram}
`;
  const { status, text } = await doctor(yaml, false);
  expect(text.split("\n").filter((line) => line.includes('"fail"'))).toEqual([]);
  expect(status).toBe(0);
});
