/** Commits calls with their events for ever and prints the id of each call once its commit is acknowledged. */
import { writeSync } from "node:fs";
import { idMaker, silentLog, systemClock, systemRandom } from "@voepy/base";
import { openStore } from "../../src/open-store.ts";
import { makeCall, makeEvent, makeWebhook } from "../records.ts";

const path = process.argv[2];
if (path === undefined) throw new Error("usage: endless-writer.ts DATABASE");
const makeId = idMaker(systemClock, systemRandom);
const store = await openStore({ path, clock: systemClock, makeId, log: silentLog });
await store.settings.saveWebhook(makeWebhook());
while (true) {
  await Promise.all(
    Array.from({ length: 5 }, async () => {
      const id = makeId("call");
      await store.commit({ calls: [makeCall({ id })], events: [makeEvent(1, { callId: id, id: makeId("evt") })] });
      writeSync(1, `${id}\n`);
    }),
  );
}
