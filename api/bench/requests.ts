/** CPU of one request through the whole app, without a socket and over loopback (there with the client's own share). */
import { Agent, get } from "node:http";
import { aCall, KEYS, makeWorld, type World } from "../test/world.ts";

const REQUESTS = 5000;
const RATE = { requestsPerSec: 1e9, burst: 1e9 };

/** CPU ms of this process for each run of `ask`, after a warm-up. */
async function cpuMsOf(ask: (index: number) => Promise<unknown>): Promise<number> {
  for (let i = 0; i < REQUESTS / 5; i++) await ask(-1 - i);
  const before = process.cpuUsage();
  for (let i = 0; i < REQUESTS; i++) await ask(i);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / REQUESTS;
}

function getOverSocket(agent: Agent, url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    get(url, { agent, headers: { authorization: `Bearer ${KEYS.all}` } }, (answer) => {
      answer.resume().once("end", resolve);
    }).once("error", reject);
  });
}

async function measure(world: World): Promise<Record<string, number>> {
  await world.store.commit({ calls: Array.from({ length: 200 }, (_, i) => aCall(`voepy_call_${i}`)) });
  const dial = { from: "+15125550100", to: "+15558675309" };
  const server = await world.api.listen({ host: "127.0.0.1", port: 0 });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const url = `http://127.0.0.1:${server.port}/v1/calls/voepy_call_7`;
  const rows = {
    "GET call": await cpuMsOf(() => world.ask("/v1/calls/voepy_call_7").then((answer) => answer.text())),
    "GET calls, 50 rows": await cpuMsOf(() => world.ask("/v1/calls").then((answer) => answer.text())),
    "POST action": await cpuMsOf(() =>
      world.ask("/v1/calls/voepy_call_7/actions/hangup", { method: "POST", body: {} }).then((answer) => answer.text()),
    ),
    "POST call with Idempotency-Key": await cpuMsOf((index) =>
      world
        .ask("/v1/calls", { method: "POST", body: dial, headers: { "idempotency-key": `k${index}` } })
        .then((answer) => answer.text()),
    ),
    "GET call over loopback, client included": await cpuMsOf(() => getOverSocket(agent, url)),
  };
  agent.destroy();
  await server.close();
  return rows;
}

const world = await makeWorld({ limits: RATE });
const rows = await measure(world);
await world.close();
for (const [what, cpuMs] of Object.entries(rows)) console.log(`${what.padEnd(42)} ${cpuMs.toFixed(3)} ms CPU`);
console.log(JSON.stringify({ bench: "api-requests", cpuMs: rows }));
