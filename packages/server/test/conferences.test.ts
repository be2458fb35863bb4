/** Conferences over HTTP and by verb, heard by pitch. */
import { makeTone, makeWav, type PhoneCall } from "@voepy/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { World } from "./world.ts";

let world: World;
beforeEach(async () => {
  world = await World.open();
});
afterEach(() => world.close());

/** Three parties that were answered: two softphones and the trunk, with a pitch each. */
async function three(): Promise<{ ids: string[]; calls: PhoneCall[] }> {
  const alice = await world.softphone("alice", { toneHz: 620 });
  const bob = await world.softphone("bob", { toneHz: 880 });
  const trunk = await world.phone("trunk", { toneHz: 440 });
  const calling = await trunk.dial("+15125550100");
  await world.clock.advance(300);
  const ids = [world.lastStarted()];
  await world.act(ids[0]!, "answer");
  for (const [phone, number] of [
    [alice, "+15125550199"],
    [bob, "+15125550198"],
  ] as const) {
    const { body } = await world.api("POST", "/v1/calls", { from: "+15125550100", to: number });
    await world.clock.advance(200);
    phone.call!.answer();
    await world.clock.advance(300);
    ids.push(body.id);
  }
  return { ids, calls: [calling, alice.call!, bob.call!] };
}

test("three parties each hear the other two and not themselves; who leaves stays up alone", async () => {
  const { ids, calls } = await three();
  for (const id of ids) await world.act(id, "join_conference", { conference: "standup" });
  await world.clock.advance(1500);
  expect(calls.map((call) => call.media.heardHz())).toEqual([
    [620, 880],
    [440, 880],
    [440, 620],
  ]);
  const { body } = await world.api("GET", "/v1/conferences");
  expect(body.data).toMatchObject([{ name: "standup", status: "active", participants: [{ call_id: ids[0] }, {}, {}] }]);
  await world.act(ids[2]!, "leave_conference");
  await world.clock.advance(1500);
  expect(calls.map((call) => call.media.heardHz())).toEqual([[620], [440], []]);
  expect(await world.call(ids[2]!)).toMatchObject({ status: "answered", bridge_id: null });
  expect(world.eventsOf(ids[2]!).slice(3)).toEqual([
    "call.bridged",
    "conference.participant_joined",
    "conference.participant_left",
    "call.unbridged",
  ]);
});

test("mute, play, kick and end work from outside any call", async () => {
  world.files.set("https://files.test/a.wav", makeWav([makeTone(1200, 3000)]));
  const { ids, calls } = await three();
  const room = (await world.api("POST", "/v1/conferences", { name: "room", max_participants: 3 })).body;
  expect(room).toMatchObject({ status: "active", max_participants: 3, participants: [] });
  for (const id of ids) await world.act(id, "join_conference", { conference: room.id });
  const act = (name: string, body: object) => world.api("POST", `/v1/conferences/${room.id}/actions/${name}`, body);
  await act("mute", { call_id: ids[0] });
  await world.clock.advance(1500);
  expect(calls[1]!.media.heardHz()).toEqual([880]);
  await act("unmute", { call_id: ids[0] });
  await act("play", { url: "https://files.test/a.wav" });
  await world.clock.advance(1500);
  for (const call of calls) expect(call.media.heardHz()).toContain(1200);
  expect((await act("kick", { call_id: ids[2] })).body.participants).toHaveLength(2);
  await world.clock.advance(500);
  expect(calls[2]!.isOver).toBe(true);
  expect((await act("end", {})).body.status).toBe("ended");
  await world.clock.advance(500);
  expect(calls.every((call) => call.isOver)).toBe(true);
  expect((await act("mute", { call_id: ids[0] })).status).toBe(409);
});

test("end_on_exit takes everybody along; a full room and an unknown id are refused", async () => {
  const { ids, calls } = await three();
  await world.api("POST", "/v1/conferences", { name: "pair", max_participants: 2 });
  await world.act(ids[0]!, "join_conference", { conference: "pair", end_on_exit: true });
  await world.act(ids[1]!, "join_conference", { conference: "pair", muted: true });
  const full = await world.api("POST", `/v1/calls/${ids[2]}/actions/join_conference`, { conference: "pair" });
  expect(full).toMatchObject({ status: 429, body: { error: { code: "concurrency_limit_exceeded" } } });
  const nowhere = await world.api("POST", `/v1/calls/${ids[2]}/actions/join_conference`, {
    conference: "voepy_conf_01HZZZZZZZZZZZZZZZZZZZZZZZ",
  });
  expect(nowhere.status).toBe(404);
  calls[0]!.hangUp();
  await world.clock.advance(500);
  expect(calls[1]!.isOver).toBe(true);
  expect(await world.call(ids[1]!)).toMatchObject({ status: "ended", end_initiator: "system" });
  expect((await world.call(ids[2]!)).status).toBe("answered");
});

test("a number may play a file and be done, or lead into a conference, with no program behind it", async () => {
  world.files.set("https://files.test/closed.wav", makeWav([makeTone(1200, 2000)]));
  for (const [number, inbound_action] of [
    ["+15125550110", { type: "play", url: "https://files.test/closed.wav" }],
    ["+15125550111", { type: "conference", conference: "lobby" }],
  ] as const) {
    expect((await world.api("POST", "/v1/phone_numbers", { number, inbound_action })).status).toBe(201);
  }
  const trunk = await world.phone("trunk", { toneHz: 440 });
  const closed = await trunk.dial("+15125550110");
  await world.clock.advance(1500);
  expect(closed.media.heardHz()).toEqual([1200]);
  await world.clock.advance(2000);
  expect(closed.isOver).toBe(true);
  const alice = await world.softphone("alice", { toneHz: 620 });
  const [one, other] = [await trunk.dial("+15125550111"), await alice.dial("+15125550111")];
  await world.clock.advance(2000);
  expect([one.media.heardHz(), other.media.heardHz()]).toEqual([[620], [440]]);
});
