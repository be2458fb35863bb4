/**
 * From `speak` to sound: node packages/server/bench/speak.ts
 *
 * A whole server with media threads and the embedded engine, a phone on loopback that answers every call. Time from the
 * request to the first RTP packet that is not silence: of the first speech ever, of new texts, of texts made before, and of
 * twenty new texts on twenty calls at once. Prints a table and one JSON line; ms.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as pause } from "node:timers/promises";
import { silentLog, systemClock, systemRandom } from "@voepy/base";
import { decodeG711, loopbackUdp, Phone, type PhoneCall } from "@voepy/testkit";
import { parseConfig, realOutside, startServer } from "../src/index.ts";

const KEY = "voepy_key_bench_0123456789";
const CALLS = 20;
const ROUNDS = 20;
const LOUD = 200;

const folder = mkdtempSync(join(tmpdir(), "voepy-speak-"));
const config = parseConfig(
  `
data_dir: ${folder}
sip: {listeners: [{transport: udp, host: 127.0.0.1, port: 0}]}
media: {address: 127.0.0.1, ports: 43000-43999}
tenants:
  - id: default
    api_keys: [{name: bench, key: ${KEY}}]
    sip_users: [{username: alice, password: wonder, number: "+15125550199"}]
    numbers: [{number: "+15125550100"}]
`,
  "bench",
  {},
);
const server = await startServer(config, silentLog, realOutside(config));
const phone = await Phone.open({
  network: loopbackUdp,
  clock: systemClock,
  random: systemRandom,
  username: "alice",
  password: "wonder",
  domain: "voepy.local",
  server: { address: "127.0.0.1", port: server.sipListeners[0]!.port },
  onCall: (call) => call.answer(),
});
await phone.register();

async function ask(method: string, path: string, body?: unknown): Promise<{ id: string; status: string }> {
  const answer = await server.api.app.request(path, {
    method,
    headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  // Both kinds of answer asked for here are Calls.
  return (await answer.json()) as { id: string; status: string };
}

interface Line {
  readonly id: string;
  readonly call: PhoneCall;
}

async function openLine(): Promise<Line> {
  const before = phone.calls.length;
  const { id } = await ask("POST", "/v1/calls", { from: "+15125550100", to: "+15125550199" });
  while ((await ask("GET", `/v1/calls/${id}`)).status !== "answered") await pause(5);
  const call = phone.calls[before];
  if (call === undefined) throw new Error("the phone did not ring");
  while (call.media.packets.length === 0) await pause(5);
  return { id, call };
}

/** ms to the first sound; the speech is stopped then. */
async function firstSound({ id, call }: Line, payload: string): Promise<number> {
  const from = call.media.packets.length;
  const askedMs = systemClock.nowMs();
  await ask("POST", `/v1/calls/${id}/actions/speak`, { payload, voice: "Polly.Joanna" });
  for (let at = from; ; at++) {
    while (call.media.packets.length <= at) await pause(1);
    const packet = call.media.packets[at]!;
    const law = packet.payloadType === 8 ? "PCMA" : "PCMU";
    if (packet.payloadType > 8 || !decodeG711(law, packet.payload).some((sample) => Math.abs(sample) > LOUD)) continue;
    await ask("POST", `/v1/calls/${id}/actions/stop_playback`, { stop: "all" });
    await pause(60);
    return packet.arrivalMs - askedMs;
  }
}

const figures: Record<string, number> = {};

function note(what: string, times: readonly number[]): void {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (part: number): number =>
    Math.round(sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0);
  figures[`${what}_p50`] = at(0.5);
  figures[`${what}_max`] = at(1);
  process.stdout.write(
    `${what.padEnd(24)} p50 ${String(at(0.5)).padStart(5)} ms   max ${String(at(1)).padStart(5)} ms\n`,
  );
}

const NEW = (n: number): string => `Thank you for calling, you are number ${n} in the queue. Please hold the line.`;

const line = await openLine();
note("first_ever", [await firstSound(line, "Hello, and welcome. How can we help you today?")]);
const fresh: number[] = [];
for (let round = 0; round < ROUNDS; round++) fresh.push(await firstSound(line, NEW(round)));
note("new_text", fresh);
const kept: number[] = [];
for (let round = 0; round < ROUNDS; round++) kept.push(await firstSound(line, NEW(round)));
note("cached", kept);
const lines: Line[] = [];
while (lines.length < CALLS) lines.push(await openLine());
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
note("twenty_at_once", await Promise.all(lines.map((each, index) => firstSound(each, NEW(1000 + index)))));
delay.disable();
figures["main_thread_delay_p99"] = Math.round(delay.percentile(99) / 1e4) / 100;
process.stdout.write(`main thread's delay then, p99: ${figures["main_thread_delay_p99"]} ms\n`);
process.stdout.write(`${JSON.stringify({ scenario: "speak", ...figures })}\n`);

await phone.close();
await server.close();
rmSync(folder, { recursive: true, force: true });
