import { createSocket, type Socket } from "node:dgram";
import type { AddressInfo } from "node:net";
import { seededRandom, systemClock } from "@voepy/base";
import { afterEach, describe, expect, test } from "vitest";
import { stunClient } from "./stun.ts";

let server: Socket;
afterEach(() => server.close());

/** A STUN server on loopback that drops the first `drops` requests and then answers with 203.0.113.5, or 420. */
async function listen(drops: number, isRefusing = false): Promise<{ host: string; port: number }> {
  server = createSocket("udp4");
  let seen = 0;
  server.on("message", (request, from) => {
    if (seen++ < drops) return;
    const body = isRefusing ? "000900040000" + "0414" : "0020000800010000" + "ea12d547";
    const head = Buffer.from(request.subarray(0, 20));
    head.writeUInt16BE(isRefusing ? 0x0111 : 0x0101, 0);
    head.writeUInt16BE(body.length / 2, 2);
    server.send(Buffer.concat([head, Buffer.from(body, "hex")]), from.port, from.address);
  });
  await new Promise<void>((resolve) => server.bind(0, "127.0.0.1", resolve));
  return { host: "127.0.0.1", port: (server.address() as AddressInfo).port }; // bound: never a string
}

const ask = stunClient(systemClock, seededRandom(1));

describe("@net the STUN client", () => {
  test("gives the address the server saw, after a lost request too", async () => {
    expect(await ask(await listen(1))).toBe("203.0.113.5");
  });

  test("says that the server refused", async () => {
    await expect(ask(await listen(0, true))).rejects.toThrow("refused with 420");
  });

  test("says that the name does not resolve", async () => {
    await listen(0);
    await expect(ask({ host: "stun.invalid", port: 3478 })).rejects.toThrow("STUN server stun.invalid:3478");
  });
});
