import { seededRandom } from "@voepy/base";
import { expect, test } from "vitest";
import { makePortRange } from "./port-range.ts";

const busy = Object.assign(new Error("busy"), { code: "EADDRINUSE" });

test("hands out even ports only, each once (RFC 3550 §11)", async () => {
  const range = makePortRange({ first: 40_001, last: 40_011 }, seededRandom(1));
  const ports = [];
  for (let i = 0; i < 5; i++) ports.push((await range.claim(async (udpPort) => udpPort)).udpPort);
  expect(ports.toSorted()).toEqual([40_002, 40_004, 40_006, 40_008, 40_010]);
  expect(range.inUse).toBe(5);
});

test("skips a port another process has", async () => {
  const range = makePortRange({ first: 40_000, last: 40_003 }, seededRandom(2));
  const { udpPort } = await range.claim(async (port) => {
    if (port === 40_000) throw busy;
  });
  expect(udpPort).toBe(40_002);
});

test("names the range when no port of it is free", async () => {
  const range = makePortRange({ first: 40_000, last: 40_010 }, seededRandom(3));
  await expect(range.claim(() => Promise.reject(busy))).rejects.toMatchObject({
    code: "upstream_error",
    message: expect.stringContaining("40000–40010"),
  });
  expect(range.inUse).toBe(0);
});

test("passes on an error that another port would not cure", async () => {
  const range = makePortRange({ first: 40_000, last: 40_010 }, seededRandom(3));
  const wrong = Object.assign(new Error("no such address"), { code: "EADDRNOTAVAIL" });
  await expect(range.claim(() => Promise.reject(wrong))).rejects.toBe(wrong);
});

test("gives a released port again only after the others", async () => {
  const range = makePortRange({ first: 40_000, last: 40_007 }, seededRandom(4));
  const claim = async (): Promise<number> => (await range.claim(async (udpPort) => udpPort)).udpPort;
  const first = await claim();
  range.release(first);
  expect([await claim(), await claim(), await claim()]).not.toContain(first);
  expect(await claim()).toBe(first);
});

test("refuses a range without an even port", () => {
  expect(() => makePortRange({ first: 40_001, last: 40_001 }, seededRandom(5))).toThrow("40001–40001");
});
