import { createServer } from "node:http";
import { idMaker, makeHttpClient, silentLog, systemClock, systemRandom } from "@voepy/base";
import { openStore } from "@voepy/store";
import { expect, test } from "vitest";
import { makeWebhookSender } from "../../src/sender.ts";
import { makeEvent, makeWebhook } from "../world.ts";

test("events travel over real HTTP; the answer's beginning is kept, the rest is not read", async () => {
  const bodies: string[] = [];
  let isAnswered: () => void = () => undefined;
  const answered = new Promise<void>((resolve) => (isAnswered = resolve));
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk) => (body += chunk));
    request.on("end", () => {
      bodies.push(body);
      response.writeHead(200).end("é".repeat(500_000));
      if (bodies.length === 2) isAnswered();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const makeId = idMaker(systemClock, systemRandom);
  const store = await openStore({ path: ":memory:", clock: systemClock, makeId, log: silentLog });
  const http = makeHttpClient({ allowPrivate: true });
  const sender = makeWebhookSender({
    store,
    http,
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    version: "0.1.0",
  });
  sender.start();
  await store.settings.saveWebhook(makeWebhook({ url: `http://127.0.0.1:${address.port}/hooks` }));
  const callless = { callId: null, occurredAt: systemClock.wallMs() };
  await store.commit({ events: [makeEvent("r1", 1, callless), makeEvent("r2", 1, callless)] });
  await answered;
  await sender.close();
  const { rows } = await store.deliveries.list("acme", "voepy_whk_1", { limit: 5 });
  expect(rows.map(({ status }) => status)).toEqual(["delivered", "delivered"]);
  expect(Buffer.byteLength(rows[0]?.responseHead ?? "")).toBe(1_024);
  expect(bodies.map((body) => JSON.parse(body).id).sort()).toEqual(["voepy_evt_r1_1", "voepy_evt_r2_1"]);
  await http.close();
  await store.close();
  server.closeAllConnections();
  server.close();
});
