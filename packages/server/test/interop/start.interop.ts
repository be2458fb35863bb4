/** The commands as a newcomer uses them: scripts/start in an empty folder, the curl line it prints, SIGTERM. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Child, freePort, hasCommand, isFree, startChild, until } from "./child.ts";
import { type CallJson, ROOT, untilReady } from "./harness.ts";

/** SIP and API, when no config says otherwise. */
const DEFAULT_PORTS = [5060, 8080];

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

test.skipIf(!hasCommand("curl"))(
  "with no config it prints a curl line; that line places a call that is answered; SIGTERM ends it with 0",
  async ({ skip }) => {
    for (const port of DEFAULT_PORTS) skip(!(await isFree(port)), `port ${port} is taken on this machine`);
    const running = start();
    await untilReady(running);
    const curl = /^.*?(curl .*\+15005550001.*)$/m.exec(running.output())?.[1];
    expect(curl, running.output()).toBeDefined();
    const { stdout } = await promisify(execFile)("sh", ["-c", String(curl)]);
    const call: CallJson = JSON.parse(stdout);
    expect(call).toMatchObject({ direction: "outbound", status: "initiated", to: "+15005550001" });
    const key = /Bearer ([^"' ]+)/.exec(String(curl))?.[1];
    const url = `${/https?:\/\/[^/"' ]+/.exec(String(curl))?.[0]}/v1/calls/${call.id}`;
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
    let now = call;
    const look = async (): Promise<CallJson | undefined> => {
      now = JSON.parse(await (await fetch(url, { headers })).text());
      return now.status === "answered" ? now : undefined;
    };
    const answered = await until("answered", look, { explain: () => `${JSON.stringify(now)}\n${running.output()}` });
    expect(answered.legs).toHaveLength(1);
    // A live call may go on for drain_secs; the program ends it meanwhile.
    const ended = running.stop("SIGTERM");
    await fetch(`${url}/actions/hangup`, { method: "POST", body: "{}", headers });
    expect(await ended).toBe(0);
  },
);

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
media: {ports: 32100-32200, workers: 1}
`;
  writeFileSync(file, config(apiPort));
  const first = start("--config", file);
  await untilReady(first);
  const second = join(folder, "second.yaml");
  writeFileSync(second, config(await freePort()));
  const refused = startChild(join(ROOT, "scripts/start"), ["--config", second], { cwd: folder });
  expect(await refused.ended).toBe(1);
  expect(refused.output()).toContain(String(sipPort));
});
