/**
 * What a delivered event costs: node packages/webhooks/bench/io/sender.ts [EVENTS]
 *
 * Events of many calls, already in the outbox, go over HTTP on loopback to a receiver in another process. CPU is this
 * process's: store, signature, request, result. Prints a table and one JSON line.
 */
import { fork } from "node:child_process";
import { createServer } from "node:http";
import { idMaker, makeHttpClient, silentLog, systemClock, systemRandom } from "@voepy/base";
import { openStore } from "@voepy/store";
import { makeWebhookSender } from "../../src/sender.ts";
import { makeEvent, makeWebhook } from "../../test/world.ts";

if (process.send) receive();
else await bench(Number(process.argv[2] ?? 10_000));

function receive(): void {
  const server = createServer((request, response) => {
    request.resume().on("end", () => response.end("ok"));
  });
  server.listen(0, "127.0.0.1", () => process.send?.(server.address()));
  process.on("disconnect", () => process.exit());
}

async function bench(events: number): Promise<void> {
  const receiver = fork(import.meta.filename);
  const { port } = await new Promise<{ port: number }>((resolve) => receiver.once("message", resolve));
  const makeId = idMaker(systemClock, systemRandom);
  const store = await openStore({ path: ":memory:", clock: systemClock, makeId, log: silentLog });
  const http = makeHttpClient({ allowPrivate: true });
  await store.settings.saveWebhook(makeWebhook({ url: `http://127.0.0.1:${port}/` }));
  for (let i = 0; i < events; i++) {
    const data = JSON.stringify({ call_id: `c${i}`, filler: "x".repeat(900) });
    const changes = { callId: null, id: makeId("evt"), occurredAt: systemClock.wallMs(), data };
    await store.commit({ events: [makeEvent(`c${i}`, 1, changes)] });
  }
  const options = { store, http, clock: systemClock, random: systemRandom, log: silentLog, version: "0.1.0" };
  const sender = makeWebhookSender(options);
  const startedMs = performance.now();
  const cpu = process.cpuUsage();
  sender.start();
  while ((await store.deliveries.pendingCount()) > 0) await new Promise((resolve) => setTimeout(resolve, 20));
  const { user, system } = process.cpuUsage(cpu);
  const seconds = (performance.now() - startedMs) / 1_000;
  const figures = {
    delivered_per_s: Math.round(events / seconds),
    cpu_us_per_event: Math.round((user + system) / events),
  };
  console.table(figures);
  console.log(JSON.stringify({ bench: "webhooks", events, ...figures }));
  await sender.close();
  await http.close();
  await store.close();
  receiver.disconnect();
}
