/** The commands as a newcomer uses them: scripts/start in an empty folder, the curl line it prints, SIGTERM. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Child, freePort, startChild, until } from "./child.ts";
import { type CallJson, ROOT } from "./harness.ts";

let folder: string;
let server: Child | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "voepy-start-"));
});
afterEach(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const start = (...args: string[]): Child => {
  server = startChild(join(ROOT, "scripts/start"), args, { cwd: folder });
  return server;
};

test("with no config it prints a curl line; that line places a call which is answered within 2 s; SIGTERM ends it with 0", async () => {
  const running = start();
  let status: number | string | undefined;
  void running.ended.then((end) => (status = end));
  await until(
    "voepy ready",
    () => /^voepy ready/m.test(running.output()) || status !== undefined || undefined,
    30_000,
    running.output,
  );
  if (status !== undefined && /in use|taken|EADDRINUSE/.test(running.output())) {
    throw new Error(`the default ports of this machine are taken:\n${running.output()}`);
  }
  const curl = /^.*?(curl [\s\S]*?\+15005550001[^\n]*)$/m.exec(running.output())?.[1];
  expect(curl, running.output()).toBeDefined();
  const { stdout } = await promisify(execFile)("sh", ["-c", String(curl)]);
  const call: CallJson = JSON.parse(stdout.slice(stdout.indexOf("{")));
  expect(call.status).toBe("initiated");
  const key = /Bearer ([^"' ]+)/.exec(String(curl))?.[1];
  const origin = /https?:\/\/[^/"' ]+/.exec(String(curl))?.[0];
  const look = async (): Promise<CallJson> => {
    const response = await fetch(`${origin}/v1/calls/${call.id}`, { headers: { authorization: `Bearer ${key}` } });
    const body: CallJson = JSON.parse(await response.text());
    return body;
  };
  const answered = await until(
    "answered",
    async () => {
      const now = await look();
      return now.status === "answered" ? now : undefined;
    },
    5000,
  );
  expect(answered.legs).toHaveLength(1);
  running.stop("SIGTERM").catch(() => undefined);
  // A live call is let finish for drain_secs (30), then ended; the second signal would end it at once with 1.
  await fetch(`${origin}/v1/calls/${call.id}/actions/hangup`, {
    method: "POST",
    body: "{}",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
  });
  expect(await running.ended).toBe(0);
});

test("a config that cannot be read, or says what nobody understands, ends with status 2 and names the place", async () => {
  const missing = start("--config", join(folder, "none.yaml"));
  expect(await missing.ended).toBe(2);
  expect(missing.output()).toContain("none.yaml");
  const file = join(folder, "bad.yaml");
  writeFileSync(file, "data_dir: ./data\nmedia: {ports: 16384-32767, wrokers: 2}\n");
  const bad = start("--config", file);
  expect(await bad.ended).toBe(2);
  expect(bad.output()).toContain("wrokers");
});

test("a SIP port that is taken is named, and the status is 1", async () => {
  const [sipPort, apiPort] = [await freePort(), await freePort()];
  const file = join(folder, "voepy.yaml");
  const config = (api: number): string => `data_dir: ${folder}/data-${api}
api: {host: 127.0.0.1, port: ${api}, public_url: "http://127.0.0.1:${api}"}
sip: {listeners: [{transport: udp, host: 127.0.0.1, port: ${sipPort}}]}
media: {ports: 35000-35100, workers: 1}
`;
  writeFileSync(file, config(apiPort));
  const first = start("--config", file);
  await until("voepy ready", () => /^voepy ready/m.test(first.output()) || undefined, 30_000, first.output);
  const second = join(folder, "second.yaml");
  writeFileSync(second, config(await freePort()));
  const refused = startChild(join(ROOT, "scripts/start"), ["--config", second], { cwd: folder });
  expect(await refused.ended).toBe(1);
  expect(refused.output()).toContain(String(sipPort));
});
