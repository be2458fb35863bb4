import { silentLog } from "@voepy/base";
import { VirtualClock } from "@voepy/testkit";
import { describe, expect, test } from "vitest";
import { isPublicAddress, openPublicAddress, type PublicAddress, stunServerOf } from "./public-address.ts";

interface Rig {
  readonly clock: VirtualClock;
  answer: () => Promise<string>;
  asked: number;
  address: PublicAddress;
}

async function open(setting: string, answer: () => Promise<string>): Promise<Rig> {
  const clock = new VirtualClock();
  const rig = { clock, answer, asked: 0 };
  const ask = (): Promise<string> => {
    rig.asked++;
    return rig.answer();
  };
  const opening = openPublicAddress(setting, { key: "sip.public_address", clock, log: silentLog, ask });
  return Object.assign(rig, { address: await clock.resolve(opening) });
}

const silence = (): Promise<string> => Promise.reject(new Error("no answer"));

describe("the public address", () => {
  test("is what the setting says, or left to the interface", async () => {
    expect((await open("203.0.113.5", silence)).address.current()).toBe("203.0.113.5");
    expect((await open("auto", silence)).address.current()).toBeUndefined();
  });

  test("is asked of STUN at the start and every three minutes", async () => {
    const rig = await open("stun:stun.example:3478", async () => "203.0.113.5");
    expect(rig.address.current()).toBe("203.0.113.5");
    rig.answer = async () => "203.0.113.6";
    await rig.clock.advance(181_000);
    expect(rig.address.current()).toBe("203.0.113.6");
    rig.address.close();
    await rig.clock.advance(600_000);
    expect(rig.asked).toBe(2);
  });

  test("stays as it was when STUN falls silent, which is asked again every half minute", async () => {
    const rig = await open("stun:stun.example", async () => "203.0.113.5");
    rig.answer = silence;
    await rig.clock.advance(181_000 + 60_000);
    expect([rig.address.current(), rig.asked]).toEqual(["203.0.113.5", 4]);
    rig.answer = async () => "203.0.113.7";
    await rig.clock.advance(30_000);
    expect(rig.address.current()).toBe("203.0.113.7");
  });

  test("does not hold up the start for longer than four seconds", async () => {
    const rig = await open("stun:stun.example", () => new Promise<string>(() => undefined));
    expect(rig.clock.nowMs()).toBe(4000);
    expect(rig.address.current()).toBeUndefined();
  });

  test.each([
    ["auto", true],
    ["203.0.113.5", true],
    ["2001:db8::1", true],
    ["stun:stun.example:3478", true],
    ["stun:stun.example", true],
    ["stun:stun.example:99999", false],
    ["stun:", false],
    ["example.com", false],
  ])("as %s: %s", (setting, isGood) => {
    expect(isPublicAddress(setting)).toBe(isGood);
  });

  test("of STUN has a default port (RFC 8489 §15)", () => {
    expect(stunServerOf("stun:stun.example")).toEqual({ host: "stun.example", port: 3478 });
  });
});
