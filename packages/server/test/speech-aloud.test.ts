/**
 * The embedded engine on a real call: SIP and RTP over loopback to the sandbox, which says back what it hears. What came
 * back is proved to be speech by its length, its rhythm and its spectrum.
 */
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { silentLog } from "@voepy/base";
import { readWav } from "@voepy/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseConfig, realOutside, type Server, startServer } from "../src/index.ts";

const KEY = "voepy_key_test_0123456789";
const RATE_HZ = 8000;

let folder: string;
let server: Server;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "voepy-aloud-"));
  const config = parseConfig(
    `
data_dir: ${folder}
sip: {listeners: [{transport: udp, host: 127.0.0.1, port: 0}]}
media: {address: 127.0.0.1, ports: 42100-42199, workers: 0, io: dgram}
tenants: [{id: default, api_keys: [{name: test, key: ${KEY}}], numbers: [{number: "+15125550100"}]}]
`,
    "test",
    {},
  );
  server = await startServer(config, silentLog, realOutside(config));
});

afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

// Tests look into answers freely; a wrong path reads undefined and fails the assertion.
// oxlint-disable-next-line typescript/no-explicit-any
async function ask(method: string, path: string, body?: unknown): Promise<{ status: number; body: any }> {
  const answer = await server.api.app.request(path, {
    method,
    headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const isJson = answer.headers.get("content-type")?.includes("json") === true;
  return { status: answer.status, body: isJson ? await answer.json() : new Uint8Array(await answer.arrayBuffer()) };
}

/** Asks until it is so; a machine that is slow may take its time. */
async function until<T>(find: () => Promise<T | undefined>): Promise<T> {
  for (let waited = 0; waited < 15_000; waited += 50) {
    const found = await find();
    if (found !== undefined) return found;
    await pause(50);
  }
  throw new Error("it did not come to be");
}

const eventData = async (id: string, type: string) => {
  const { body } = await ask("GET", `/v1/calls/${id}/events`);
  return body.data.find((event: { event_type: string }) => event.event_type === type)?.data;
};

/** Root of the mean square of each 20 ms. */
function levels(pcm: Int16Array): number[] {
  return Array.from({ length: Math.floor(pcm.length / 160) }, (_, i) => {
    const frame = pcm.subarray(i * 160, (i + 1) * 160);
    return Math.sqrt(frame.reduce((sum, sample) => sum + sample * sample, 0) / 160);
  });
}

/** How often a second the loudness rises through its mean: about once a syllable. */
function risesPerSecond(loudness: readonly number[]): number {
  const smooth = loudness.map((_, i) => (loudness[i - 1] ?? 0) + (loudness[i] ?? 0) + (loudness[i + 1] ?? 0));
  const mean = smooth.reduce((sum, level) => sum + level, 0) / smooth.length;
  const rises = smooth.filter((level, i) => level > mean && (smooth[i - 1] ?? 0) <= mean).length;
  return (rises * 1000) / (loudness.length * 20);
}

/** Energy of the first differences over all energy, a plain high pass: 2 for noise, under a half for what has vowels. */
function roughness(pcm: Int16Array): number {
  let [rough, all] = [0, 1];
  for (let i = 1; i < pcm.length; i++) {
    rough += (pcm[i]! - pcm[i - 1]!) ** 2;
    all += pcm[i]! ** 2;
  }
  return rough / all;
}

test("speech is heard at the far end of a call and comes back", { timeout: 60_000 }, async () => {
  const dialled = await ask("POST", "/v1/calls", {
    from: "+15125550100",
    to: "+15005550001",
    record: "on_answer",
    record_channels: "dual",
    record_format: "wav",
  });
  const id: string = dialled.body.id;
  await until(async () => ((await ask("GET", `/v1/calls/${id}`)).body.status === "answered" ? true : undefined));
  const payload = "Hello, and thank you for calling. Press one for sales, or two for support.";
  expect((await ask("POST", `/v1/calls/${id}/actions/speak`, { payload, voice: "Polly.Joanna" })).status).toBe(200);
  expect(await until(() => eventData(id, "call.speak_ended"))).toMatchObject({ status: "completed" });
  await pause(200);
  await ask("POST", `/v1/calls/${id}/actions/hangup`, {});
  const done = await until(() => eventData(id, "recording.completed"));
  const link = new URL(done.recording.download_url);
  const { channels } = readWav((await ask("GET", `${link.pathname}${link.search}`)).body);
  const [echoed, spoken] = channels;
  for (const pcm of [spoken!, echoed!]) {
    const loudness = levels(pcm);
    const first = loudness.findIndex((level) => level > 200);
    const last = loudness.findLastIndex((level) => level > 200);
    const words = loudness.slice(first, last);
    // Fourteen words at a human pace.
    expect(words.length * 0.02).toBeGreaterThan(3);
    expect(words.length * 0.02).toBeLessThan(7);
    expect(risesPerSecond(words)).toBeGreaterThan(1.5);
    expect(risesPerSecond(words)).toBeLessThan(9);
    expect(roughness(pcm.subarray((first * RATE_HZ) / 50, (last * RATE_HZ) / 50))).toBeLessThan(0.6);
  }
  expect((await readdir(join(folder, "speech"))).filter((name) => name.endsWith(".wav"))).toHaveLength(2);
});
