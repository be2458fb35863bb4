import { seededRandom, silentLog, systemClock } from "@voepy/base";
import { makeMediaPool } from "@voepy/media-engine";
import { makeSandbox } from "@voepy/sandbox";
import { loopbackUdp, Phone } from "@voepy/testkit";
import { expect, test } from "vitest";
import { soundOf } from "./world.ts";

/** Real time: nothing here asserts how long anything took, only that it comes about. */
async function until(condition: () => boolean, what: string): Promise<void> {
  for (let turn = 0; turn < 1500 && !condition(); turn++) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(condition(), what).toBe(true);
}

test("over real loopback sockets the echo answers and gives back bit for bit what it hears @net", async () => {
  const random = seededRandom(4);
  const base = { clock: systemClock, random, log: silentLog };
  const media = await makeMediaPool({
    ...base,
    address: "127.0.0.1",
    ports: { first: 41_000, last: 41_998 },
    workers: 0,
    io: "dgram",
  });
  const sandbox = await makeSandbox({ ...base, media, audio: soundOf });
  const server = { address: sandbox.address.host, port: sandbox.address.port };
  const phone = await Phone.open({ network: loopbackUdp, clock: systemClock, random, username: "tester", server });
  const call = await phone.dial("+15005550001");
  await until(() => call.state === "answered", "the answer");
  const payloads = Array.from({ length: 20 }, (_, i) => new Uint8Array(160).fill(1 + i));
  await until(() => call.media.packets.length > 0, "the echo of silence");
  call.media.forget();
  call.media.sayPayloads(payloads);
  const marked = () => call.media.packets.filter((packet) => packet.payload[0]! <= 20);
  await until(() => marked().length === 20, "twenty packets back");
  expect(marked().map((packet) => packet.payload)).toEqual(payloads);
  call.hangUp();
  await until(() => sandbox.liveCalls() === 0, "the end");
  await phone.close();
  await sandbox.close();
});
