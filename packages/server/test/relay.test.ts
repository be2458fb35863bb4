/** Two parties bridged by the API: relay is bit for bit, and leaving it for a prompt and back is not heard. */
import { seededRandom } from "@voepy/base";
import { makeTone, makeWav, type PhoneCall } from "@voepy/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { World } from "./world.ts";

let world: World;
beforeEach(async () => {
  world = await World.open();
});
afterEach(() => world.close());

/** Packets of 20 ms, each unlike any other. */
function payloads(count: number): Uint8Array[] {
  const random = seededRandom(7);
  return Array.from({ length: count }, () => random.fill(new Uint8Array(160)));
}

async function bridged(): Promise<{ id: string; caller: PhoneCall; callee: PhoneCall }> {
  const alice = await world.softphone("alice");
  const trunk = await world.phone("trunk");
  const caller = await trunk.dial("+15125550100");
  await world.clock.advance(300);
  const id = world.lastStarted();
  await world.act(id, "answer");
  await world.act(id, "transfer", { to: "+15125550199" });
  await world.clock.advance(300);
  alice.call!.answer();
  await world.clock.advance(500);
  return { id, caller, callee: alice.call! };
}

test("in relay outgoing payloads equal incoming ones bit for bit, both ways", async () => {
  const { caller, callee } = await bridged();
  const said = payloads(150);
  caller.media.forget();
  callee.media.forget();
  caller.media.sayPayloads(said.slice(0, 100));
  callee.media.sayPayloads(said.slice(50));
  await world.clock.advance(3000);
  const heard = (call: PhoneCall): string[] =>
    call.media.packets.map(({ payload }) => Buffer.from(payload).toString("hex"));
  const hex = said.map((payload) => Buffer.from(payload).toString("hex"));
  expect(heard(callee).filter((payload) => hex.includes(payload))).toEqual(hex.slice(0, 100));
  expect(heard(caller).filter((payload) => hex.includes(payload))).toEqual(hex.slice(50));
});

test("a play over a bridge and its stop keep SSRC and sequence and lose no more than 40 ms", async () => {
  world.files.set("https://files.test/a.wav", makeWav([makeTone(880, 5000)]));
  const { id, caller, callee } = await bridged();
  callee.media.sayTone(440);
  caller.media.sayTone(620);
  await world.clock.advance(2000);
  const sinceMs = world.clock.nowMs();
  await world.act(id, "play", { url: "https://files.test/a.wav" });
  await world.clock.advance(1500);
  expect(caller.media.heardHz()).toContain(880);
  expect(callee.media.heardHz()).toEqual([620]);
  await world.act(id, "stop_playback");
  await world.clock.advance(1500);
  expect(caller.media.heardHz()).toEqual([440]);
  for (const call of [caller, callee]) {
    const heard = call.media.continuity(sinceMs);
    expect(heard.ssrcs).toHaveLength(1);
    expect(heard).toMatchObject({ missing: 0, duplicates: 0, reordered: 0 });
    expect(heard.longestSilenceMs).toBeLessThanOrEqual(60);
    // 3 s are 150 packets: two switches may cost two each.
    expect(call.media.packets.filter(({ arrivalMs }) => arrivalMs > sinceMs).length).toBeGreaterThanOrEqual(146);
  }
});
